public import Competition
public import Logging

/// The right to play one part of a game: at most one worker has it, which PostgreSQL guards with an
/// advisory lock.
///
/// The lock belongs to a session of its own, on a thread of its own; it is free when that session
/// ends, however its worker ended. A holder whose session breaks goes on and asks again quickly; a
/// waiter that lost its session at the same time gives way to it. The lease lives until
/// `release()`, which must be called.
public final class GameLease: Sendable {
  /// What `acquire` gives.
  private enum Outcome {
    case held
    case failed(StorageError)
    case released
  }

  private struct State {
    var outcome: Outcome?
    var waiter: CheckedContinuation<Outcome, Never>?
  }

  private let state: Monitor<State>
  private let interruption: Interruption
  private let thread: WorkThread

  /// Starts to ask for the part `shard` of the game `crunchID`.
  ///
  /// - Parameters:
  ///   - configuration: where the database is; a session of the server itself, no pooler's.
  ///   - crunchID: the competition.
  ///   - shard: the part.
  ///   - logger: where the session's notices go.
  ///   - onEvent: called on the lease's thread; must not wait.
  /// - Throws: `StorageError` of code `configuration` when the system gives no thread or pipe.
  public convenience init(
    _ configuration: DatabaseConfiguration, crunchID: String, shard: Shard,
    logger: Logger = Logger(label: "updraft.storage"),
    onEvent: @escaping @Sendable (LeaseEvent) -> Void
  ) throws(StorageError) {
    try self.init(
      configuration, LeaseKey(crunchID: crunchID, shard: shard), LeaseTimings(), logger: logger,
      onEvent: onEvent)
  }

  init(
    _ configuration: DatabaseConfiguration, _ key: LeaseKey, _ timings: LeaseTimings,
    logger: Logger, onEvent: @escaping @Sendable (LeaseEvent) -> Void
  ) throws(StorageError) {
    let state = Monitor(State())
    let interruption = try Interruption()
    self.state = state
    self.interruption = interruption
    thread = try WorkThread.start("lease") {
      let thread = LeaseThread(configuration, key, timings, interruption, logger: logger) { event in
        onEvent(event)
        if case .acquired = event { Self.settle(.held, state) }
      }
      let failure = thread.run()
      let isReleased = interruption.isInterrupted
      Self.settle(isReleased ? .released : failure.map { .failed($0) } ?? .released, state)
    }
  }

  /// Waits until the part is this worker's.
  ///
  /// - Returns: false when `cancel()` or `release()` ended the wait.
  /// - Throws: `StorageError` when the database could not be reached at first; later failures are
  ///   waited out.
  public func acquire() async throws(StorageError) -> Bool {
    let outcome = await withCheckedContinuation { continuation in
      let known = state.withLock { state -> Outcome? in
        if state.outcome == nil { state.waiter = continuation }
        return state.outcome
      }
      if let known { continuation.resume(returning: known) }
    }
    switch outcome {
    case .held: return true
    case .released: return false
    case .failed(let error): throw error
    }
  }

  /// Gives the lease back, also in the middle of a wait; doesn't wait for it. Any thread.
  public func cancel() { interruption.interrupt() }

  /// Gives the lease back and waits until its session is closed.
  public func release() async {
    cancel()
    await thread.join()
  }

  private static func settle(_ outcome: Outcome, _ state: Monitor<State>) {
    let waiter = state.withLock { state -> CheckedContinuation<Outcome, Never>? in
      guard state.outcome == nil else { return nil }
      state.outcome = outcome
      defer { state.waiter = nil }
      return state.waiter
    }
    waiter?.resume(returning: outcome)
  }
}
