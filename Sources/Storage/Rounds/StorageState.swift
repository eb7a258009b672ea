import Competition

/// What the storage thread shares with its callers.
struct StorageState {
  /// A request for the connection: called once, on the storage thread, with it or with the reason
  /// why there is none.
  typealias Request = @Sendable (Result<PostgresConnection, StorageError>) -> Void

  var queue: RoundQueue
  var requests: [Request] = []
  var statistics = RoundWriterStatistics()
  /// When the first round may be tried (again).
  var retryAt = MonotonicInstant(nanoseconds: 0)
  /// When the next batch of old round statistics may be deleted; nil when they are kept for ever.
  var pruneAt: MonotonicInstant?
  /// No more work is taken; the thread ends as soon as it sees this.
  var isStopping = false
  /// The thread has ended.
  var hasEnded = false
  /// Who waits for an empty queue, by number.
  var drainWaiters: [Int: CheckedContinuation<Bool, Never>] = [:]
  /// Who waits for the thread's end.
  var endWaiters: [CheckedContinuation<Void, Never>] = []
  private var lastWaiter = 0

  init(queue: RoundQueue) { self.queue = queue }

  /// What the thread does next.
  enum Work {
    case requests([Request])
    case round
    case pruning
    case end
  }

  /// The next piece of work, or how long to wait for one: requests before rounds, and pruning only
  /// when there is neither and the database is known to be there.
  mutating func nextWork(at now: MonotonicInstant) -> Signalled<StorageState>.Step<Work> {
    if isStopping { return .done(.end) }
    if !requests.isEmpty {
      defer { requests = [] }
      return .done(.requests(requests))
    }
    if queue.count > 0 { return retryAt <= now ? .done(.round) : .wait(until: retryAt) }
    guard statistics.isConnected, let pruneAt else { return .wait(until: nil) }
    return pruneAt <= now ? .done(.pruning) : .wait(until: pruneAt)
  }

  /// Remembers `waiter`; the number is for `removeDrainWaiter`.
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
  var snapshot: RoundWriterStatistics {
    var snapshot = statistics
    snapshot.queuedRounds = queue.count
    snapshot.queuedBytes = queue.bytes
    return snapshot
  }
}
