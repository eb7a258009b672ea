internal import CLibUV
import Glibc
import Synchronization

/// A thread that runs one event loop, from `init` until `stop()`.
///
/// Actors pin themselves to it by returning `executor.asUnownedSerialExecutor()`; tasks prefer it
/// with `Task(executorPreference: thread.executor)`.
public final class LoopThread: Sendable {
  /// Runs jobs on the loop's thread.
  public let executor: LoopExecutor
  private nonisolated(unsafe) let storedLoop: Loop
  private let name: String
  private let ending = Mutex(Ending())

  private struct Ending {
    var stopRequested = false
    var leakedHandleCount: Int?
    var waiters: [CheckedContinuation<Int, Never>] = []
  }

  /// Creates the loop and starts its thread.
  ///
  /// - Parameter name: The thread's name in `top` and `perf`, at most 15 bytes.
  /// - Throws: `EventLoopError` when the system has no descriptor or thread left.
  public init(name: String = "loop") throws(EventLoopError) {
    let loop = try Loop()
    executor = try LoopExecutor(on: loop)
    storedLoop = loop
    self.name = name
    let executor = executor
    loop.runJobs = { executor.drain() }
    try startThread()
  }

  /// The loop; to be used on its own thread only, which is checked.
  public var loop: Loop {
    executor.checkIsolated()
    return storedLoop
  }

  /// Runs `body` on the loop's thread and returns what it returns.
  public func run<Value: Sendable>(_ body: @Sendable @escaping (Loop) throws -> Value)
    async throws -> Value
  {
    try await Task(executorPreference: executor) { try body(self.loop) }.value
  }

  /// Runs `body` on the loop's thread and returns what it returns.
  public func run<Value: Sendable>(_ body: @Sendable @escaping (Loop) -> Value) async -> Value {
    await Task(executorPreference: executor) { body(self.loop) }.value
  }

  /// Ends the loop and its thread. What the program left open is closed by force.
  ///
  /// - Returns: The number of handles that had been left open; zero in a correct program.
  @discardableResult
  public func stop() async -> Int {
    await withCheckedContinuation { waiter in
      let (leaked, first) = ending.withLock { ending -> (Int?, Bool) in
        if let leaked = ending.leakedHandleCount { return (leaked, false) }
        ending.waiters.append(waiter)
        defer { ending.stopRequested = true }
        return (nil, !ending.stopRequested)
      }
      if let leaked {
        waiter.resume(returning: leaked)
      } else if first {
        Task(executorPreference: executor) { self.storedLoop.stop() }
      }
    }
  }

  private func startThread() throws(EventLoopError) {
    var thread = pthread_t()
    let context = Unmanaged.passRetained(self)
    let result = pthread_create(
      &thread, nil,
      { context in
        guard let context else { return nil }
        Unmanaged<LoopThread>.fromOpaque(context).takeRetainedValue().main()
        return nil
      }, context.toOpaque())
    if result != 0 {
      context.release()
      throw EventLoopError(code: -result, during: "start the thread of an event loop")
    }
    pthread_detach(thread)
  }

  private func main() {
    executor.adoptCurrentThread()
    updraft_name_thread(name)
    blockBrokenPipeSignal()
    storedLoop.run()
    executor.close()
    let leaked = storedLoop.close()
    let waiters = ending.withLock { ending in
      ending.leakedHandleCount = leaked
      defer { ending.waiters = [] }
      return ending.waiters
    }
    for waiter in waiters { waiter.resume(returning: leaked) }
  }
}

/// Keeps SIGPIPE from this thread: writing to a connection that the peer has reset is an error like
/// others, and must not end the program, whatever it does about the signal.
private func blockBrokenPipeSignal() {
  var signals = sigset_t()
  sigemptyset(&signals)
  sigaddset(&signals, SIGPIPE)
  pthread_sigmask(SIG_BLOCK, &signals, nil)
}
