import Competition
import Dispatch
public import Logging
public import Storage
import Synchronization

/// A few read-only sessions of the database, each on a thread of its own; questions wait in order
/// for the session with the least to do.
///
/// While the database is away every question fails at once, but one now and then that tries again.
/// Ended by `close()`.
public final class SessionPool: Sendable {
  /// As many as a server of a few cores answers at once; beyond, they only wait for each other.
  static let sessionCount = 4
  /// Questions that may wait for one session; more are refused.
  static let waitingMax = 64
  /// How long the database is left alone after it could not be reached.
  static let retryAfter = Duration.milliseconds(500)

  private let lanes: [Lane]
  private let state = Mutex(State())

  private struct State {
    var waiting = [Int](repeating: 0, count: sessionCount)
    var awayUntil: MonotonicInstant?
    var failure: StorageError?
    var isClosed = false
  }

  /// Sessions of this database, opened when they are first needed.
  public init(_ configuration: DatabaseConfiguration, logger: Logger) {
    var limited = configuration
    limited.applicationName = "report-worker"
    limited.connectTimeout = .seconds(2)
    limited.statementTimeout = .seconds(10)
    limited.lockTimeout = .seconds(2)
    lanes = (0..<Self.sessionCount).map { Lane(number: $0, limited, logger: logger) }
  }

  /// Runs `body` with a session, on that session's thread. A session that turns out to be broken
  /// from before is replaced once.
  ///
  /// - Throws: What `body` throws; `queueFull` when too much waits; the failure to connect.
  func run<Value: Sendable>(
    _ body: @escaping @Sendable (PostgresConnection) throws(StorageError) -> Value
  ) async throws(StorageError) -> Value {
    let index = try admit()
    let result = await withCheckedContinuation { done in
      lanes[index].queue.async {
        let result = self.lanes[index].run(body)
        self.state.withLock { $0.waiting[index] -= 1 }
        done.resume(returning: result)
      }
    }
    note(result)
    return try result.get()
  }

  /// Ends all sessions, after what they are doing; returns at once.
  public func close() {
    state.withLock { $0.isClosed = true }
    for lane in lanes { lane.queue.async { lane.close() } }
  }

  /// The lane with the least to do, or why the question is refused.
  private func admit() throws(StorageError) -> Int {
    let outcome = state.withLock { state -> Result<Int, StorageError> in
      if state.isClosed {
        return .failure(StorageError(.stopped, "the report is stopping", doing: "ask"))
      }
      let now = MonotonicInstant.now()
      if let until = state.awayUntil, let failure = state.failure {
        if now < until { return .failure(failure) }
        state.awayUntil = now.advanced(by: Self.retryAfter)
      }
      let index = state.waiting.indices.min { state.waiting[$0] < state.waiting[$1] } ?? 0
      guard state.waiting[index] < Self.waitingMax else {
        let reason = "\(Self.sessionCount * Self.waitingMax) questions wait already"
        return .failure(StorageError(.queueFull, reason, doing: "ask the database"))
      }
      state.waiting[index] += 1
      return .success(index)
    }
    return try outcome.get()
  }

  private func note<Value>(_ result: Result<Value, StorageError>) {
    state.withLock { state in
      if case .failure(let error) = result, error.isAbsence {
        state.failure = error
        state.awayUntil = MonotonicInstant.now().advanced(by: Self.retryAfter)
      } else {
        (state.failure, state.awayUntil) = (nil, nil)
      }
    }
  }
}

extension StorageError {
  /// Whether the database could not be reached at all, or was lost.
  var isAbsence: Bool {
    [.unreachable, .connectionLost, .authentication, .databaseMissing].contains(code)
  }
}
