import Competition

/// What the storage thread shares with the others.
struct StorageState {
  var queue: RoundQueue
  var statistics = RoundWriterStatistics()
  /// When the first round may be tried (again).
  var retryAt = MonotonicInstant(nanoseconds: 0)
  /// Whether a request may have made or changed tables since the thread looked.
  var schemaMayHaveChanged = false
  /// No more work is taken; the thread ends as soon as it sees this.
  var isStopping = false
  /// Who waits for an empty queue, by number.
  var drainWaiters: [Int: CheckedContinuation<Bool, Never>] = [:]
  private var lastWaiter = 0

  init(queue: RoundQueue) { self.queue = queue }

  /// What the thread does next.
  enum Work: Hashable {
    /// The first round is open and has answers: copy them as they come.
    case stream
    /// The first round is only in the spool: have it read.
    case read
    /// The first round is closed, or read back: store it.
    case store
    case end
  }

  /// The next piece of work, or how long to wait for one.
  mutating func nextWork(at now: MonotonicInstant) -> Monitor<StorageState>.Turn<Work> {
    if isStopping { return .ready(.end) }
    guard let first = queue.first else { return .wait(until: nil) }
    guard retryAt <= now else { return .wait(until: retryAt) }
    switch first.place {
    case .file: return .ready(.read)
    case .asked: return .wait(until: nil)
    case .read: return .ready(.store)
    case .memory:
      if first.end != nil { return .ready(.store) }
      return first.mayStream && !first.arrivals.isEmpty ? .ready(.stream) : .wait(until: nil)
    }
  }

  /// Takes out what has arrived of the first round since the last time, and its end.
  mutating func takeNews() -> RoundNews {
    guard var first = queue.first else { return RoundNews() }
    let news = RoundNews(arrivals: first.arrivals, end: first.end)
    first.arrivals = []
    queue.first = first
    return news
  }

  /// The same while the first round is being copied: waits for more; nil when the storage stops.
  mutating func nextNews() -> Monitor<StorageState>.Turn<RoundNews?> {
    if isStopping { return .ready(nil) }
    guard let first = queue.first, first.end != nil || !first.arrivals.isEmpty else {
      return .wait(until: nil)
    }
    return .ready(takeNews())
  }

  /// Forgets the first round; returns who waited for this, when it was the last.
  mutating func removeFirst() -> [CheckedContinuation<Bool, Never>] {
    queue.removeFirst()
    return queue.count == 0 ? takeDrainWaiters() : []
  }

  /// Remembers `waiter`; the number is the key in `drainWaiters`.
  mutating func add(_ waiter: CheckedContinuation<Bool, Never>) -> Int {
    lastWaiter += 1
    drainWaiters[lastWaiter] = waiter
    return lastWaiter
  }

  /// Takes out all who wait for an empty queue.
  mutating func takeDrainWaiters() -> [CheckedContinuation<Bool, Never>] {
    defer { drainWaiters = [:] }
    return Array(drainWaiters.values)
  }

  /// The statistics with the queue's present size.
  func snapshot(at now: MonotonicInstant) -> RoundWriterStatistics {
    var snapshot = statistics
    snapshot.queuedRounds = queue.count
    snapshot.queuedBytes = queue.bytes
    snapshot.oldestWaitingAge = queue.first?.waitingSince.map { now.since($0) }
    snapshot.replayingRounds = queue.leftoverCount
    return snapshot
  }
}

/// What has happened to the first round since the storage thread looked last.
struct RoundNews {
  var arrivals: [Arrival] = []
  var end: RoundEnd?
}
