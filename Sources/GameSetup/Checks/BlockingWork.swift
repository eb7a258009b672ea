import Glibc

/// Runs blocking work on a thread of its own, so that it holds up no other task.
public func runBlocking<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
  await withCheckedContinuation { done in
    DetachedThread.start { done.resume(returning: body()) }
  }
}

/// A thread for one piece of work.
private enum DetachedThread {
  static func start(_ body: @escaping @Sendable () -> Void) {
    var thread = pthread_t()
    let work = Unmanaged.passRetained(Work(run: body))
    let result = pthread_create(
      &thread, nil,
      { context in
        guard let context else { return nil }
        Unmanaged<Work>.fromOpaque(context).takeRetainedValue().run()
        return nil
      }, work.toOpaque())
    // Without a thread to spare the work is done here.
    if result == 0 { pthread_detach(thread) } else { work.takeRetainedValue().run() }
  }

  private final class Work {
    let run: @Sendable () -> Void
    init(run: @escaping @Sendable () -> Void) { self.run = run }
  }
}
