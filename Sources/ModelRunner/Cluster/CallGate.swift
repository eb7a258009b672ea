import Synchronization

/// Counts who still needs the cluster's loops, so that `stop()` can wait for them.
final class CallGate: Sendable {
  private struct State {
    var openCount = 0
    var isClosed = false
    var waiters: [CheckedContinuation<Void, Never>] = []
  }

  private let state = Mutex(State())

  /// Begins to use the loops; false when the cluster has been stopped.
  func enter() -> Bool {
    state.withLock { state in
      if state.isClosed { return false }
      state.openCount += 1
      return true
    }
  }

  /// Ends the use that `enter()` began.
  func leave() {
    let waiters = state.withLock { state in
      state.openCount -= 1
      guard state.openCount == 0 else { return [CheckedContinuation<Void, Never>]() }
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.resume() }
  }

  /// Lets nobody in any more.
  func close() { state.withLock { $0.isClosed = true } }

  /// Waits until everyone has left.
  func waitUntilEmpty() async {
    await withCheckedContinuation { waiter in
      let isEmpty = state.withLock { state in
        if state.openCount > 0 { state.waiters.append(waiter) }
        return state.openCount == 0
      }
      if isEmpty { waiter.resume() }
    }
  }
}
