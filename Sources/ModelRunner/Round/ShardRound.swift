internal import Competition
internal import EventLoop
internal import GRPC
internal import HTTP2
internal import Resilience

/// What a round asks of the models of one loop; made once, off the loop.
struct RoundPlan: Sendable {
  let id: UInt64
  let content: Content
  let selection: ModelSelection
  let head: HeaderBlock
  let timeout: Duration
  let deadline: MonotonicInstant
  let tap: ResultTap?

  enum Content: Sendable {
    case shared(EncodedCall)
    case byModel([ModelID: EncodedCall])
  }

  func call(for id: ModelID) -> EncodedCall? {
    if case .only(let chosen) = selection, !chosen.contains(id) { return nil }
    switch content {
    case .shared(let call): return call
    case .byModel(let calls): return calls[id]
    }
  }
}

/// What the round of one loop gave.
struct ShardResult: Sendable {
  var results: [CallResult] = []
  /// Why nobody was blamed.
  var panic: String?

  /// Adds what another loop's part of the round gave.
  mutating func merge(_ other: ShardResult) {
    results += other.results
    panic = panic ?? other.panic
  }
}

/// The round of one loop while it is open: one end per model, then one answer to the caller.
///
/// It may become: open → closed, when the last model has ended or the deadline has come → settled,
/// when the breakers have been told: at once, or after the answers have been checked elsewhere.
final class ShardRound {
  private struct Slot {
    let link: ModelLink
    let method: String
    var result: CallResult?
    var end = CallEnd.nobodysFault
  }

  let id: UInt64
  let budget: ReplyBudget
  private let shard: Shard
  private let check: ReplyCheck?
  private let tap: ResultTap?
  /// Who has ended since the last turn of the loop; only with a tap.
  private var untold: [Int] = []
  private let done: (Outcome) -> Void
  private var slots: [Slot] = []
  private var openCount = 0
  private var deadline: LoopTimer?
  private var checkedCount = 0
  private var isStarting = true
  private var isClosed = false

  /// What a closed round gives: one result per model asked.
  struct Outcome: Sendable {
    let result: ShardResult
    /// Whether the breakers know the ends; else `settle` is to be called with what was refused.
    let isSettled: Bool
  }

  init(
    _ plan: RoundPlan, check: ReplyCheck?, on shard: Shard, done: @escaping (Outcome) -> Void
  ) {
    id = plan.id
    tap = plan.tap
    self.check = check
    self.shard = shard
    self.done = done
    budget = ReplyBudget(
      replyBytesMax: shard.options.limits.replyBytesMax,
      totalBytesMax: shard.options.limits.roundBytesMax)
  }

  /// Sends the calls; they leave together at the end of the turn.
  func start(_ plan: RoundPlan) {
    let now = MonotonicInstant.now()
    slots.reserveCapacity(shard.links.count)
    for link in shard.orderedLinks where link.isCallable {
      guard let call = plan.call(for: link.model.modelID) else { continue }
      slots.append(Slot(link: link, method: call.method))
      openCount += 1
      link.begin(call, head: plan.head, at: now, in: self, index: slots.count - 1)
    }
    isStarting = false
    guard openCount > 0 else { return close() }
    deadline = LoopTimer(on: shard.loop) { [unowned self] in self.deadlineCame() }
    deadline?.arm(at: plan.deadline)
  }

  /// Takes in the end of one model's call.
  func ended(_ index: Int, _ classified: ClassifiedEnd, execTimeMicros: Double, wasSent: Bool) {
    guard !isClosed, slots[index].result == nil else { return }
    slots[index].end = classified.end
    slots[index].result = CallResult(
      model: slots[index].link.model,
      status: shard.options.breakerPolicy.status(of: classified.end), value: classified.value,
      execTimeMicros: execTimeMicros, detail: classified.detail, wasSent: wasSent)
    if let check, let value = classified.value, value.type == .json {
      checkedCount += 1
      check.take(index, value.bytes)
    }
    if tap != nil {
      if untold.isEmpty { shard.loop.atTurnEnd(self) }
      untold.append(index)
    }
    openCount -= 1
    if openCount == 0, !isStarting { close() }
  }

  /// Hands over what has ended since the last time.
  private func handOver() {
    guard let tap, !untold.isEmpty else { return }
    let results = untold.compactMap { slots[$0].result }
    untold.removeAll(keepingCapacity: true)
    tap(results)
  }

  /// Ends every open call now, with `detail` as its reason.
  func cut(_ detail: String, kind: TimeoutKind) {
    guard !isClosed else { return }
    // The last end closes the round and with it the list.
    for index in slots.indices {
      if isClosed { return }
      if slots[index].result != nil { continue }
      slots[index].link.abandon(self, index: index, detail: detail, kind: kind)
    }
  }

  private func deadlineCame() { cut("DEADLINE_EXCEEDED: no answer in time", kind: .deadline) }

  private func close() {
    isClosed = true
    deadline?.close()
    deadline = nil
    check?.finish()
    // The caller has every result by the tap before it has the round.
    handOver()
    if checkedCount == 0 {
      done(Outcome(result: settle(refused: [:]), isSettled: true))
    } else {
      let results = slots.compactMap(\.result)
      done(Outcome(result: ShardResult(results: results), isSettled: false))
    }
  }

  /// Tells every breaker how its call ended, once it is clear that the field isn't to blame at
  /// large.
  ///
  /// - Parameter refused: The ends of the answers that proved to be unreadable, by index.
  /// - Returns: The final results, and why nobody was blamed, if so.
  func settle(refused: [Int: ClassifiedEnd]) -> ShardResult {
    let policy = shard.options.breakerPolicy
    for (index, end) in refused {
      slots[index].end = end.end
      slots[index].result = slots[index].result?.refused(end, status: policy.status(of: end.end))
    }
    let verdict = policy == .fair ? shard.options.panicRule.verdict(on: slots.map(\.end)) : nil
    if let text = verdict?.text { shard.emit(.panic(text)) }
    let now = MonotonicInstant.now()
    var result = ShardResult(panic: verdict?.text)
    result.results.reserveCapacity(slots.count)
    for index in slots.indices {
      let (link, method, end) = (slots[index].link, slots[index].method, slots[index].end)
      link.settle(verdict?.judged(end) ?? end, method: method, at: now)
      // Moved, not copied: a result has a dozen references in it.
      guard var own = slots[index].result.take() else { continue }
      own.breaker = link.breakerState(of: method, at: now)
      result.results.append(own)
    }
    slots = []
    shard.roundDidSettle(self)
    return result
  }
}

extension ShardRound: TurnEndTask {
  /// A round that has closed meanwhile has handed over everything.
  func turnDidEnd() { handOver() }
}
