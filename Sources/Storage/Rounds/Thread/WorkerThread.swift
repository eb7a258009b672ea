import Synchronization

/// A thread of the writer, whose end can be waited for without holding another one.
///
/// Life: `join()` must be called.
final class WorkerThread: Sendable {
  private final class End: Sendable {
    struct State {
      var hasCome = false
      var isJoined = false
      var waiters: [CheckedContinuation<Void, Never>] = []
    }

    let state = Mutex(State())

    func come() {
      let waiters = state.withLock { state in
        state.hasCome = true
        defer { state.waiters = [] }
        return state.waiters
      }
      for waiter in waiters { waiter.resume() }
    }
  }

  private let end: End
  private let thread: BackgroundThread

  /// Starts a thread named by what it is for; `run` returns at its end.
  ///
  /// - Throws: `StorageError` of code `configuration` when the system gives none.
  init(_ name: String, _ run: @escaping @Sendable () -> Void) throws(StorageError) {
    let end = End()
    self.end = end
    do throws(SpoolError) {
      thread = try BackgroundThread(doing: "start the \(name) thread") {
        run()
        end.come()
      }
    } catch {
      throw StorageError(.configuration, error.message, doing: error.doing, hint: error.hint)
    }
  }

  /// Waits until the thread has ended; may be called again.
  func join() async {
    await withCheckedContinuation { continuation in
      let hasCome = end.state.withLock { state in
        if !state.hasCome { state.waiters.append(continuation) }
        return state.hasCome
      }
      if hasCome { continuation.resume() }
    }
    let isFirst = end.state.withLock { state in
      defer { state.isJoined = true }
      return !state.isJoined
    }
    // It has nothing left to do but to return.
    if isFirst { thread.join() }
  }
}
