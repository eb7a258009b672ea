import Glibc

/// A thread of its own for blocking work.
public enum WorkThread {
  /// Starts a detached thread that runs `body` to its end; nil, or the system's error number.
  ///
  /// Signals are blocked on it, so that the program's handlers run where they expect to.
  public static func start(_ body: @escaping @Sendable () -> Void) -> Int32? {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    let box = Unmanaged.passRetained(ThreadBody(run: body))
    var thread = pthread_t()
    let code = pthread_create(&thread, &attributes, workThreadDidStart, box.toOpaque())
    guard code == 0 else {
      box.release()
      return code
    }
    return nil
  }
}

private final class ThreadBody: Sendable {
  let run: @Sendable () -> Void

  init(run: @escaping @Sendable () -> Void) { self.run = run }
}

private func workThreadDidStart(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let context else { return nil }
  var signals = sigset_t()
  sigfillset(&signals)
  pthread_sigmask(SIG_BLOCK, &signals, nil)
  Unmanaged<ThreadBody>.fromOpaque(context).takeRetainedValue().run()
  return nil
}
