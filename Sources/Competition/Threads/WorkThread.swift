import Glibc
import Synchronization

/// A POSIX thread for one piece of blocking work; signals are left to the program's others.
///
/// Life: it must be joined. A thread that is still on its way out when the process exits runs its
/// thread-local clean-up (OpenSSL's, for one) beside the process's own, which can crash.
public final class WorkThread: Sendable {
  /// The work's end, for those who wait for it without holding a thread.
  private final class End: Sendable {
    struct State {
      var hasCome = false
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

    func wait() async {
      await withCheckedContinuation { continuation in
        let hasCome = state.withLock { state in
          if !state.hasCome { state.waiters.append(continuation) }
          return state.hasCome
        }
        if hasCome { continuation.resume() }
      }
    }
  }

  private let end: End
  /// Nil from the join on; held while joining, so that whoever joins too waits as well.
  private let thread: Mutex<pthread_t?>

  /// Runs `body` on a new thread.
  ///
  /// - Throws: `ThreadError` when the system gives none; `body` is not run then.
  public init(_ body: @escaping @Sendable () -> Void) throws(ThreadError) {
    let end = End()
    var thread = pthread_t()
    let work = Unmanaged.passRetained(
      ThreadWork {
        body()
        end.come()
      })
    let code = pthread_create(&thread, nil, workThreadDidStart, work.toOpaque())
    guard code == 0 else {
      work.release()
      throw ThreadError(errorNumber: code)
    }
    self.end = end
    self.thread = Mutex(thread)
  }

  deinit { assert(thread.withLock { $0 == nil }, "a WorkThread must be joined") }

  /// Waits for the thread's end, on the caller's thread; may be called again.
  public func join() {
    thread.withLock { thread in
      if let thread { pthread_join(thread, nil) }
      thread = nil
    }
  }

  /// Waits for the thread's end without holding another one; may be called again.
  public func join() async {
    await end.wait()
    joinEnded()
  }

  /// It has nothing left to do but to return: this waits for microseconds.
  private func joinEnded() { join() }
}

/// What the thread runs, carried through the C thread function.
private final class ThreadWork: Sendable {
  let run: @Sendable () -> Void

  init(run: @escaping @Sendable () -> Void) { self.run = run }
}

private func workThreadDidStart(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let context else { return nil }
  var signals = sigset_t()
  sigfillset(&signals)
  pthread_sigmask(SIG_BLOCK, &signals, nil)
  Unmanaged<ThreadWork>.fromOpaque(context).takeRetainedValue().run()
  return nil
}
