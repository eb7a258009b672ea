internal import Competition
internal import EventLoop
internal import Logging
internal import Resilience

/// The one place that follows the orchestrator: its link, the list of models, who owns which.
///
/// Lives on the first loop. Shards are told of changes in the order in which they came.
final class ClusterCore {
  private let options: ClusterOptions
  private let link: OrchestratorLink
  private let room: DescriptorRoom
  private var directory: ModelDirectory
  private var shards: [LoopBound<Shard>] = []
  private var pendingByShard: [Int] = []
  private var hasInit = false
  private var waiters: [CheckedContinuation<Void, Never>] = []
  private let events: AsyncStream<ClusterEvent>.Continuation
  private let membership: MembershipLog
  /// What has happened since the start; models are the shards' to count.
  private(set) var statistics = ClusterStatistics()
  private var setups: SetupWatch
  private var judgementTimer: LoopTimer?
  private var isJudgementArmed = false

  init(
    _ options: ClusterOptions, _ room: DescriptorRoom, on loop: Loop,
    events: AsyncStream<ClusterEvent>.Continuation
  ) {
    self.options = options
    self.events = events
    membership = MembershipLog(on: loop, logger: options.logger)
    directory = ModelDirectory(modelsMax: min(options.limits.modelsMax, room.modelsMax))
    self.room = room
    setups = SetupWatch(options.panicRule)
    link = OrchestratorLink(options, on: loop)
    link.handler = self
    judgementTimer = LoopTimer(on: loop) { [weak self] in self?.judgeSetups() }
  }

  /// Starts following the orchestrator with the shards that own the models.
  func open(_ shards: [LoopBound<Shard>]) {
    self.shards = shards
    pendingByShard = Array(repeating: 0, count: shards.count)
    link.open()
  }

  /// Ends the link; whoever waits for models waits no more.
  func close() {
    link.close()
    membership.close()
    judgementTimer?.close()
    judgementTimer = nil
    hasInit = true
    pendingByShard = []
    // The shards tell this object everything, and so hold it.
    shards = []
    resumeWaiters()
    events.finish()
  }

  /// Remembers who waits for the first list and for every model on it to have been tried once.
  func wait(_ waiter: CheckedContinuation<Void, Never>) {
    waiters.append(waiter)
    resumeWaiters()
  }

  /// Lets everyone go who still waits.
  func stopWaiting() {
    for waiter in waiters { waiter.resume() }
    waiters = []
  }

  /// Whether the orchestrator has sent its list.
  var hasModelList: Bool { hasInit }

  /// Takes in what a shard tells.
  func take(_ notice: ShardNotice, from index: Int) {
    switch notice {
    case .event(let event): emit(event)
    case .report(let report, let deploymentID):
      directory.forget(report.modelID, deploymentID: deploymentID)
      setups.forget(report.modelID)
      if link.send(report) {
        emit(.modelReported(report))
      } else {
        emit(.entrySkipped("report of model \(report.modelID): too many reports are waiting"))
      }
    case .forget(let id, let deploymentID):
      directory.forget(id, deploymentID: deploymentID)
      setups.forget(id)
    case .setupEnded(let id, let fault, let detail): setupEnded(id, fault, detail)
    case .pending(let count):
      guard pendingByShard.indices.contains(index) else { return }
      pendingByShard[index] = count
      resumeWaiters()
    }
  }

  private func resumeWaiters() {
    guard hasInit, pendingByShard.allSatisfy({ $0 == 0 }) else { return }
    if setups.isHolding { judgeSetups() }
    stopWaiting()
  }

  private func setupEnded(_ id: ModelID, _ fault: SetupFault?, _ detail: String) {
    guard let fault else { return setups.succeeded(id) }
    setups.failed(id, fault, detail: detail)
    guard !isJudgementArmed else { return }
    isJudgementArmed = true
    judgementTimer?.arm(after: judgementDelay)
  }

  /// Decides who is to blame for failed set-ups, and says it when it is us.
  private func judgeSetups() {
    isJudgementArmed = false
    judgementTimer?.disarm()
    let judgement = setups.judge()
    for (fault, text) in judgement.news.sorted(by: { $0.value < $1.value }) {
      let remedy =
        fault.concernsWhatIsSentToAll
        ? "check base_class (\(options.baseClass)) and instance_args"
        : "check this machine's network and the models'"
      emit(.setupPanic("\(text); \(remedy)"))
    }
    for (ids, isExcused) in [(judgement.blamed, false), (judgement.excused, true)] {
      for id in ids {
        shards[shardIndex(of: id, count: shards.count)].post {
          $0.judged(id, isExcused: isExcused)
        }
      }
    }
  }

  private func emit(_ event: ClusterEvent) {
    log(event, to: options.logger)
    membership.take(event)
    statistics.take(event)
    events.yield(event)
  }
}

extension ClusterCore: OrchestratorLinkHandler {
  func orchestratorDidConnect() { emit(.orchestratorConnected) }

  func orchestratorDidSend(_ message: OrchestratorMessage) {
    for line in message.skipped { emit(.entrySkipped(line)) }
    let (changes, refused) = directory.apply(message)
    if !refused.isEmpty { emit(.modelsRefused(refused, reason: limitText)) }
    for case .close(let id, _) in changes { setups.forget(id) }
    for case .open(let model) in changes { setups.forget(model.modelID) }
    for (index, shard) in shards.enumerated() {
      let own = changes.filter { shardIndex(of: $0.modelID, count: shards.count) == index }
      // The shard answers with its true count; until then it has at least these to connect.
      if own.contains(where: \.opens) { pendingByShard[index] = max(1, pendingByShard[index]) }
      if !own.isEmpty { shard.post { $0.apply(own) } }
    }
    hasInit = true
    resumeWaiters()
  }

  private var limitText: String {
    options.limits.modelsMax <= room.modelsMax
      ? "over the limit of \(options.limits.modelsMax) models (limits.models_max)" : room.text
  }

  func orchestratorDidSendNonsense(_ reason: String) { emit(.entrySkipped(reason)) }

  func orchestratorDidDisconnect(_ reason: String, retryAfter: Duration) {
    emit(.orchestratorLost(reason: reason, retryAfter: retryAfter))
  }
}

/// How long a failed set-up waits for others to fail as well, once the start's wave is over.
private let judgementDelay = Duration.seconds(2)

extension ModelDirectory.Change {
  /// The model that it is about.
  var modelID: ModelID {
    switch self {
    case .open(let model), .refresh(let model): model.modelID
    case .close(let id, _): id
    }
  }

  fileprivate var opens: Bool {
    if case .open = self { true } else { false }
  }
}

/// Which loop owns a model: FNV-1a of its id, the same for as long as the cluster lives.
private func shardIndex(of id: ModelID, count: Int) -> Int {
  var hash: UInt64 = 0xcbf2_9ce4_8422_2325
  for byte in id.rawValue.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
  return Int(hash % UInt64(max(1, count)))
}
