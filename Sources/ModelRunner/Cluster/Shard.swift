internal import Competition
internal import EventLoop
internal import GRPC
internal import HTTP2
internal import Resilience
internal import TLSEngine

/// What a shard tells the cluster.
enum ShardNotice: Sendable {
  /// Something for the log and the event stream.
  case event(ClusterEvent)
  /// A model is to be reported and forgotten; the shard has closed it.
  case report(FailureReport, deploymentID: String)
  /// A model is to be forgotten without a report; the shard has closed it.
  case forget(ModelID, deploymentID: String)
  /// A model's Setup has succeeded, or failed in a way that is to be judged together with others.
  case setupEnded(ModelID, SetupFault?, detail: String)
  /// How many models have yet to connect for the first time.
  case pending(Int)
}

/// The models of one loop: their links and the rounds that are open.
final class Shard {
  let loop: Loop
  let options: ClusterOptions
  let gate: ConnectGate
  let healthGate = HealthGate()
  let setupFrame: SharedBytes
  let setupHead: HeaderBlock
  /// How long a health check may take: 5 s; under `compatible` not longer than the newest round's
  /// calls, as the Python client asks.
  private(set) var healthTimeout = Duration.seconds(5)
  var random: SplitMix64
  private(set) var links: [ModelID: ModelLink] = [:] {
    didSet { ordered = nil }
  }
  private var ordered: [ModelLink]?
  private var rounds: [UInt64: ShardRound] = [:]
  private let notify: (ShardNotice) -> Void
  private var isCountScheduled = false
  private var descriptorNoticeDue = MonotonicInstant.now()
  private let index: Int
  private var connectionCount: UInt64 = 0
  private var tlsFailureCounts: [TLSError.Code: Int] = [:]

  init(
    _ options: ClusterOptions, index: Int, on loop: Loop, notify: @escaping (ShardNotice) -> Void
  ) {
    self.loop = loop
    self.index = index
    self.options = options
    self.notify = notify
    let isSecure = options.security.isSecure
    let connectsMax = min(
      options.limits.connectsInProgressMax,
      isSecure ? TLSLimits.handshakesInProgressMax : .max)
    gate = ConnectGate(placesMax: max(1, connectsMax / options.loopCount), on: loop)
    setupHead = .grpcRequest(
      path: ServicePath.setup, timeout: ConnectSequence.setupTimeout, isSecure: isSecure)
    setupFrame = encodeSetup(
      baseClass: options.baseClass, arguments: options.instanceArguments)
    random = SplitMix64(seed: options.seed &+ UInt64(index))
  }

  /// Follows the orchestrator.
  func apply(_ changes: [ModelDirectory.Change]) {
    for change in changes {
      switch change {
      case .open(let model):
        links[model.modelID]?.close("it runs as a new deployment or elsewhere")
        let link = ModelLink(model, on: self)
        links[model.modelID] = link
        link.open()
      case .refresh(let model): links[model.modelID]?.refresh(model)
      case .close(let id, let reason): links.removeValue(forKey: id)?.close(reason)
      }
    }
    linkDidSettle()
  }

  /// The links in the order of their models' ids: a round that asks in this order has its results
  /// in it, too.
  var orderedLinks: [ModelLink] {
    if let ordered { return ordered }
    let made = links.values.sorted { $0.model.modelID < $1.model.modelID }
    ordered = made
    return made
  }

  /// Opens a round; `done` gets one result per model asked.
  func start(
    _ plan: RoundPlan, check: ReplyCheck?, done: @escaping (ShardRound.Outcome) -> Void
  ) {
    if options.breakerPolicy == .compatible {
      healthTimeout = min(.seconds(5), max(.milliseconds(10), plan.timeout))
    }
    let round = ShardRound(plan, check: check, on: self, done: done)
    rounds[plan.id] = round
    round.start(plan)
  }

  /// Ends an open round now.
  func cut(_ id: UInt64, _ detail: String) { rounds[id]?.cut(detail, kind: .ours) }

  /// Tells the breakers how a round ended whose answers have been checked meanwhile.
  ///
  /// - Returns: The final results; nil for a round that isn't open any more.
  func settle(_ id: UInt64, refused: [Int: ClassifiedEnd]) -> ShardResult? {
    rounds[id]?.settle(refused: refused)
  }

  /// Takes in which answers proved to be useless where they are stored; a model in neither set had
  /// its answer accepted.
  func answersJudged(refused: Set<ModelID>, unjudged: Set<ModelID>) {
    for (id, link) in links where link.isCallable && !unjudged.contains(id) {
      link.answerJudged(isRefused: refused.contains(id))
    }
  }

  /// The models that rounds ask now.
  var callableModels: [ConnectedModel] {
    links.values.filter(\.isCallable).map {
      ConnectedModel(description: $0.model, connection: $0.connection)
    }
  }

  /// The models in numbers: some 100 ns a model.
  var statistics: ClusterStatistics {
    let now = MonotonicInstant.now()
    var statistics = ClusterStatistics()
    statistics.knownCount = links.count
    statistics.tlsFailureCounts = tlsFailureCounts
    for link in links.values {
      if link.state == .ready {
        statistics.connectedCount += 1
        if link.isSecure { statistics.secureCount += 1 }
        statistics.nearestEnd = [statistics.nearestEnd, link.nearestEnd].compactMap(\.self).min()
      }
      if link.isCallable {
        statistics.breakerCounts[link.worstBreakerState(at: now), default: 0] += 1
      }
    }
    return statistics
  }

  /// A number that no other connection of the cluster has: the shard's index and a count.
  func takeConnectionNumber() -> UInt64 {
    connectionCount += 1
    return UInt64(index) << 48 | connectionCount
  }

  /// Counts a connection that TLS refused.
  func tlsFailed(_ code: TLSError.Code) { tlsFailureCounts[code, default: 0] += 1 }

  func roundDidSettle(_ round: ShardRound) { rounds[round.id] = nil }

  func emit(_ event: ClusterEvent) { notify(.event(event)) }

  /// Reports a model and closes it; without reports it stays as it is.
  func report(_ link: ModelLink, _ code: FailureCode, _ reason: String) {
    let model = link.model
    let report = FailureReport(
      modelID: model.modelID, code: code, reason: reason, host: model.host)
    guard options.reportsFailures else {
      emit(.reportWithheld(report))
      return link.stayAfterWithheldReport()
    }
    detach(link, "reported \(code.rawValue): \(reason)")
    notify(.report(report, deploymentID: model.deploymentID))
  }

  /// Closes a model that the coordinator, not the participant, has to mend.
  func remove(_ link: ModelLink, _ reason: String) {
    detach(link, reason)
    notify(.forget(link.model.modelID, deploymentID: link.model.deploymentID))
  }

  /// Passes on how a set-up ended.
  func setupEnded(_ link: ModelLink, _ fault: SetupFault?, _ detail: String) {
    notify(.setupEnded(link.model.modelID, fault, detail: detail))
  }

  /// Passes the judgement on to a link that was held.
  func judged(_ id: ModelID, isExcused: Bool) { links[id]?.judged(isExcused: isExcused) }

  /// Says that descriptors have run out, once in ten seconds at most.
  func descriptorsRanOut() {
    let now = MonotonicInstant.now()
    guard now >= descriptorNoticeDue else { return }
    descriptorNoticeDue = now.advanced(by: .seconds(10))
    emit(.outOfDescriptors)
  }

  /// A link has ended its first attempt: the cluster's start may be over.
  func linkDidSettle() {
    guard !isCountScheduled else { return }
    isCountScheduled = true
    loop.atTurnEnd(self)
  }

  /// Closes everything; open rounds end with what they have.
  func close() {
    for round in rounds.values { round.cut("CLOSED: the cluster is shutting down", kind: .ours) }
    for link in links.values { link.close("the cluster is shutting down") }
    links = [:]
    gate.close()
    healthGate.close()
  }

  private func detach(_ link: ModelLink, _ reason: String) {
    if links[link.model.modelID] === link { links[link.model.modelID] = nil }
    link.close(reason)
  }
}

extension Shard: TurnEndTask {
  /// Counts the models that have yet to connect, once a turn.
  func turnDidEnd() {
    isCountScheduled = false
    notify(.pending(links.values.reduce(0) { $0 + ($1.isSettled ? 0 : 1) }))
  }
}

/// The rpc paths of `dynamic_subclass.DynamicSubclassService`.
enum ServicePath {
  static let setup = "/dynamic_subclass.DynamicSubclassService/Setup"
  static let call = "/dynamic_subclass.DynamicSubclassService/Call"
}
