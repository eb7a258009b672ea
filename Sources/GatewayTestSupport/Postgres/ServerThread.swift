import Glibc

/// A thread that starts a server and lives as long as the server does.
enum ServerThread {
  /// Runs `body` on a thread of its own; on a system without a thread to spare, on this one.
  static func start(_ body: @escaping @Sendable () -> Void) {
    var thread = pthread_t()
    let box = Unmanaged.passRetained(ServerThreadBody(run: body))
    guard pthread_create(&thread, nil, serverThreadDidStart, box.toOpaque()) == 0 else {
      return box.takeRetainedValue().run()
    }
    pthread_detach(thread)
  }
}

/// What the thread runs, carried through the C thread function.
private final class ServerThreadBody {
  let run: @Sendable () -> Void
  init(run: @escaping @Sendable () -> Void) { self.run = run }
}

/// Runs the thread's body. Signals are left to the program's other threads.
private func serverThreadDidStart(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let context else { return nil }
  var signals = sigset_t()
  sigfillset(&signals)
  pthread_sigmask(SIG_BLOCK, &signals, nil)
  Unmanaged<ServerThreadBody>.fromOpaque(context).takeRetainedValue().run()
  return nil
}
