import Glibc

/// A thread that runs one function to its end.
///
/// Life: it must be joined once.
struct BackgroundThread {
  private let thread: pthread_t

  /// Starts a thread. Signals are left to the program's other threads.
  ///
  /// - Throws: `SpoolError` of code `io` when the system gives none.
  init(
    doing: String = "start the spool's thread", _ run: @escaping @Sendable () -> Void
  ) throws(SpoolError) {
    var thread = pthread_t()
    let body = Unmanaged.passRetained(ThreadBody(run: run))
    let code = pthread_create(&thread, nil, backgroundThreadDidStart, body.toOpaque())
    guard code == 0 else {
      body.release()
      throw SpoolError(
        .io, String(cString: strerror(code)), doing: doing,
        hint: "raise the limit of processes (ulimit -u)", errorNumber: code)
    }
    self.thread = thread
  }

  /// Waits for the function's end.
  func join() { pthread_join(thread, nil) }
}

/// What the thread runs, carried through the C thread function.
private final class ThreadBody: Sendable {
  let run: @Sendable () -> Void
  init(run: @escaping @Sendable () -> Void) { self.run = run }
}

private func backgroundThreadDidStart(
  _ context: UnsafeMutableRawPointer?
) -> UnsafeMutableRawPointer? {
  guard let context else { return nil }
  var signals = sigset_t()
  sigfillset(&signals)
  pthread_sigmask(SIG_BLOCK, &signals, nil)
  Unmanaged<ThreadBody>.fromOpaque(context).takeRetainedValue().run()
  return nil
}
