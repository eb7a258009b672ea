public import Competition
internal import EventLoop
internal import GRPC
internal import HTTP2
import Synchronization

/// All running models of one competition, connected and ready to be called at once.
///
/// ```swift
/// let cluster = try await ModelCluster.start(options)
/// await cluster.waitForModels(atMost: .seconds(10))
/// let arguments = [CallArgument(.string("BTC")), CallArgument(.int(600)), CallArgument(.int(60))]
/// let round = try await cluster.call("predict", arguments, timeout: .seconds(5))
/// await cluster.stop()
/// ```
///
/// The cluster follows the orchestrator by itself: models join, move and leave while it runs. A
/// call gives one result per model asked, by its deadline, whatever the models do. It is stopped
/// with `stop()`, never by letting go of it; nothing may be asked of a cluster that was stopped.
public final class ModelCluster: Sendable {
  /// What the cluster was started with.
  public let options: ClusterOptions
  /// What happens to the orchestrator's link and to the models; the newest 4,096 are kept for a
  /// slow reader. Ends when the cluster stops.
  public let events: AsyncStream<ClusterEvent>
  private let threads: [LoopThread]
  private let core: LoopBound<ClusterCore>
  private let shards: [LoopBound<Shard>]
  private let nextRound = Atomic<UInt64>(1)
  private let gate = CallGate()

  private init(
    _ options: ClusterOptions, _ events: AsyncStream<ClusterEvent>, _ threads: [LoopThread],
    _ core: LoopBound<ClusterCore>, _ shards: [LoopBound<Shard>]
  ) {
    self.options = options
    self.events = events
    self.threads = threads
    self.core = core
    self.shards = shards
  }

  /// Starts the loops and begins to follow the orchestrator; an orchestrator that isn't up is
  /// waited for, visibly (`events` and the log).
  ///
  /// - Parameter options: Where the orchestrator is, and how models are treated.
  /// - Returns: The running cluster; its models connect from now on.
  /// - Throws: `ClusterError` when a loop cannot be started.
  public static func start(_ options: ClusterOptions) async throws(ClusterError) -> ModelCluster {
    let (events, sink) = AsyncStream.makeStream(
      of: ClusterEvent.self, bufferingPolicy: .bufferingNewest(4_096))
    var threads: [LoopThread] = []
    let room = DescriptorRoom.current(loopCount: max(1, options.loopCount))
    do {
      for index in 0..<max(1, options.loopCount) {
        threads.append(try LoopThread(name: "models-\(index)"))
      }
      let core = try await LoopBound(on: threads[0]) { loop in
        ClusterCore(options, room, on: loop, events: sink)
      }
      var shards: [LoopBound<Shard>] = []
      for (index, thread) in threads.enumerated() {
        shards.append(
          try await LoopBound(on: thread) { loop in
            Shard(options, index: index, on: loop) { notice in
              core.post { $0.take(notice, from: index) }
            }
          })
      }
      let all = shards
      await core.run { $0.open(all) }
      return ModelCluster(options, events, threads, core, all)
    } catch {
      for thread in threads { await thread.stop() }
      throw ClusterError(reason: "the model cluster can't start: \(error)")
    }
  }

  /// Waits until the orchestrator has sent its list and every model on it has connected, or failed
  /// to at its first attempt; at most for `limit`.
  ///
  /// - Returns: Whether the orchestrator's list has come.
  @discardableResult
  public func waitForModels(atMost limit: Duration) async -> Bool {
    let alarm = Task { [core] in
      try await Task.sleep(for: limit)
      core.post { $0.stopWaiting() }
    }
    await withTaskExecutorPreference(core.thread.executor) {
      await withCheckedContinuation { waiter in core.post { $0.wait(waiter) } }
    }
    alarm.cancel()
    // It must not outlive this call: the cluster may be stopped next.
    _ = await alarm.result
    return await core.run { $0.hasModelList }
  }

  /// The models that a call asks now, ordered by id: those that have been set up, also while a
  /// broken connection is being made anew.
  public func models() async -> [ConnectedModel] {
    var all: [ConnectedModel] = []
    for shard in shards { all += await shard.run { $0.callableModels } }
    return all.sorted { $0.description.modelID < $1.description.modelID }
  }

  /// The cluster in numbers now: what has happened since the start, and how many models there are.
  ///
  /// Never to be asked after `stop()`. Costs each loop some 100 ns a model.
  public func statistics() async -> ClusterStatistics {
    var sum = await core.run { $0.statistics }
    for shard in shards { sum.addModels(of: await shard.run { $0.statistics }) }
    return sum
  }

  /// Calls a method on every model at once.
  ///
  /// - Parameters:
  ///   - method: The method's name.
  ///   - arguments: The same for all; positional ones keep their order.
  ///   - selection: Which models are asked.
  ///   - timeout: How long the models have, all together; above zero.
  ///   - onResults: Takes the results as they come; see the other `call`.
  /// - Returns: One result per model asked, ordered by model id; at the timeout at the latest.
  /// - Throws: `CallEncodingError` when the arguments are larger than models accept.
  public func call(
    _ method: String, _ arguments: [CallArgument] = [], on selection: ModelSelection = .all,
    timeout: Duration, onResults: ResultTap? = nil
  ) async throws(CallEncodingError) -> CallRound {
    let call = try EncodedCall(method, arguments)
    return await self.call(
      .shared(call), on: selection, timeout: timeout, onResults: onResults)
  }

  /// Calls every model at once with calls that have been encoded before.
  ///
  /// Calls of several tasks may overlap when they ask different models; a model that is still busy
  /// with a call of ours is not asked and gives TIMEOUT. Cancelling the task ends the round at
  /// once: what has not been answered gives TIMEOUT, and no breaker counts it.
  ///
  /// - Parameters:
  ///   - content: One call for all, or one made for each model.
  ///   - selection: Which models are asked.
  ///   - timeout: How long the models have, all together; above zero.
  ///   - onResults: Takes each result of this call once, before the call returns: those that ended
  ///     since the last turn of their loop, together. What is only known at the call's end is not
  ///     in them yet: the breakers' states and, with `checksReplies`, whether the answer's JSON can
  ///     be read.
  /// - Returns: One result per model asked, ordered by model id, not later than the timeout plus
  ///   what is left of checking the answers; none after `stop()`.
  public func call(
    _ content: CallContent, on selection: ModelSelection = .all, timeout: Duration,
    onResults: ResultTap? = nil
  ) async -> CallRound {
    let start = MonotonicInstant.now()
    guard gate.enter() else { return CallRound(results: [], wallTime: .zero, panic: nil) }
    defer { gate.leave() }
    let plan = await plan(content, selection, timeout: timeout, onResults)
    let gathered = await withTaskCancellationHandler {
      await gather(plan)
    } onCancel: {
      for shard in shards { shard.post { $0.cut(plan.id, cancelledDetail) } }
    }
    return CallRound(
      results: gathered.results, wallTime: MonotonicInstant.now().since(start),
      panic: gathered.panic)
  }

  /// Takes in what became of the answers of one round where they are stored: models whose every
  /// answer is refused there are reported like models that fail. For `checksReplies = false`; to be
  /// called once per round, in the rounds' order.
  ///
  /// - Parameters:
  ///   - refused: The models whose answers proved to be useless.
  ///   - unjudged: The models that gave no answer, or whose answer nothing is known about. The
  ///     answers of all others were accepted.
  public func answersWereJudged(refused: Set<ModelID>, unjudged: Set<ModelID>) {
    guard gate.enter() else { return }
    defer { gate.leave() }
    for shard in shards {
      shard.post { $0.answersJudged(refused: refused, unjudged: unjudged) }
    }
  }

  /// Ends everything: open rounds give what they have, every connection is closed, the threads end.
  /// Calls under way return; none may be made from now on. To be called once.
  ///
  /// - Returns: The number of loop handles that had been left open; zero in a correct program.
  @discardableResult
  public func stop() async -> Int {
    gate.close()
    for shard in shards { await shard.run { $0.close() } }
    await gate.waitUntilEmpty()
    await core.run { $0.close() }
    var leaked = 0
    for thread in threads.reversed() { leaked += await thread.stop() }
    return leaked
  }

  private func plan(
    _ content: CallContent, _ selection: ModelSelection, timeout: Duration, _ tap: ResultTap?
  ) async -> RoundPlan {
    let id = nextRound.wrappingAdd(1, ordering: .relaxed).oldValue
    let head = HeaderBlock.grpcRequest(path: ServicePath.call, timeout: timeout)
    let deadline = MonotonicInstant.now().advanced(by: timeout)
    let calls: RoundPlan.Content
    switch content {
    case .shared(let call): calls = .shared(call)
    case .perModel(let make):
      var byModel: [ModelID: EncodedCall] = [:]
      for model in await models() {
        byModel[model.description.modelID] = make(model.description)
      }
      calls = .byModel(byModel)
    }
    return RoundPlan(
      id: id, content: calls, selection: selection, head: head, timeout: timeout,
      deadline: deadline, tap: tap)
  }

  private func gather(_ plan: RoundPlan) async -> ShardResult {
    var gathered = ShardResult()
    if shards.count == 1, let shard = shards.first {
      gathered = await shard.round(plan, options)
    } else {
      gathered = await withTaskGroup(of: ShardResult.self) { group in
        for shard in shards { group.addTask { await shard.round(plan, self.options) } }
        return await group.reduce(into: ShardResult()) { $0.merge($1) }
      }
    }
    gathered.results.sort { $0.model.modelID < $1.model.modelID }
    return gathered
  }
}

extension LoopBound where Value == Shard {
  /// One continuation for the whole round, resumed on the loop; then one more visit to the loop, if
  /// there were answers to check.
  fileprivate func round(_ plan: RoundPlan, _ options: ClusterOptions) async -> ShardResult {
    guard options.checksReplies else { return await close(plan, nil).result }
    let check = ReplyCheck(options.limits)
    let outcome = await close(plan, check)
    let refused = await check.refused
    guard !outcome.isSettled else { return outcome.result }
    return await run { $0.settle(plan.id, refused: refused) } ?? outcome.result
  }

  private func close(_ plan: RoundPlan, _ check: ReplyCheck?) async -> ShardRound.Outcome {
    await withTaskExecutorPreference(thread.executor) {
      await withCheckedContinuation { caller in
        post { $0.start(plan, check: check) { caller.resume(returning: $0) } }
        // A cancellation that came first has cut a round that wasn't open yet.
        if Task.isCancelled { post { $0.cut(plan.id, cancelledDetail) } }
      }
    }
  }
}

private let cancelledDetail = "CANCELLED: the round was cut short"

/// A cluster that cannot start.
public struct ClusterError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Why, and what to do.
  public let reason: String

  /// The reason.
  public var description: String { reason }
}
