import Synchronization

/// The wish to stop, made once from any thread and seen by all who wait.
public final class StopRequest: Sendable {
  private struct State {
    var isRequested = false
    var nextNumber: UInt64 = 0
    var actions: [UInt64: @Sendable () -> Void] = [:]
  }

  private let state = Mutex(State())

  /// No stop is requested yet.
  public init() {}

  /// Whether a stop was requested.
  public var isRequested: Bool { state.withLock { $0.isRequested } }

  /// Requests the stop; further requests change nothing.
  public func request() {
    let actions = state.withLock { state in
      state.isRequested = true
      defer { state.actions.removeAll() }
      return state.actions
    }
    for action in actions.values { action() }
  }

  /// Runs `action` when the stop is requested, at once if it was already; on the requester's
  /// thread.
  ///
  /// Returns a number for `forget`.
  @discardableResult
  public func whenRequested(_ action: @escaping @Sendable () -> Void) -> UInt64 {
    let number: UInt64? = state.withLock { state in
      if state.isRequested { return nil }
      state.nextNumber += 1
      state.actions[state.nextNumber] = action
      return state.nextNumber
    }
    guard let number else {
      action()
      return 0
    }
    return number
  }

  /// Drops an action that did not run yet.
  public func forget(_ number: UInt64) {
    state.withLock { state in _ = state.actions.removeValue(forKey: number) }
  }

  /// Waits for the request, or for the task's cancellation.
  public func wait() async {
    let (stream, continuation) = AsyncStream<Void>.makeStream()
    let number = whenRequested { continuation.finish() }
    for await _ in stream {}
    forget(number)
  }
}
