import Glibc
import Synchronization

/// A POSIX thread for one long piece of blocking work; signals are left to the program's others.
///
/// It must be joined. A thread that is still on its way out when the process exits runs its
/// thread-local clean-up (OpenSSL's, for one) beside the process's own, which can crash.
final class JoinedThread: Sendable {
  private final class Work {
    let run: @Sendable () -> Void
    init(run: @escaping @Sendable () -> Void) { self.run = run }
  }

  /// Nil from the join on.
  private let thread: Mutex<pthread_t?>

  /// Runs `body` on a new thread.
  ///
  /// - Throws: `StorageError` of code `configuration` when the system gives no thread.
  init(doing: String, _ body: @escaping @Sendable () -> Void) throws(StorageError) {
    var thread = pthread_t()
    let work = Unmanaged.passRetained(Work(run: body))
    let code = pthread_create(&thread, nil, { JoinedThread.didStart($0) }, work.toOpaque())
    guard code == 0 else {
      work.release()
      throw StorageError(
        .configuration, "pthread_create: \(String(cString: strerror(code)))", doing: doing,
        hint: "raise the limit of processes (ulimit -u)")
    }
    self.thread = Mutex(thread)
  }

  deinit { assert(thread.withLock { $0 == nil }, "a JoinedThread must be joined") }

  /// Waits for the thread's end; calling it again does nothing.
  func join() {
    let unjoined = thread.withLock { thread in
      defer { thread = nil }
      return thread
    }
    if let unjoined { pthread_join(unjoined, nil) }
  }

  private static func didStart(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context else { return nil }
    var signals = sigset_t()
    sigfillset(&signals)
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    Unmanaged<Work>.fromOpaque(context).takeRetainedValue().run()
    return nil
  }
}
