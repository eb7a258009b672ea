internal import CLibUV
import Glibc
import Synchronization

/// The door into a loop's thread: runs Swift's jobs there, as actor executor and as task executor.
///
/// A burst of jobs from other threads wakes the loop once. Jobs that the loop's own code makes run
/// at the end of the same turn, without a system call.
public final class LoopExecutor: SerialExecutor, TaskExecutor {
  private struct State {
    var jobs: [UnownedJob] = []
    var armed = false
    var closed = false
  }

  private let state = Mutex(State())
  private let thread = Atomic<UInt>(0)
  private nonisolated(unsafe) let wakeUp: UnsafeMutablePointer<uv_async_t>
  // Touched on the loop's thread only.
  private nonisolated(unsafe) var running: [UnownedJob] = []

  init(on loop: Loop) throws(EventLoopError) {
    wakeUp = .allocate(capacity: 1)
    let result = uv_async_init(loop.raw, wakeUp, nil)
    if result < 0 {
      wakeUp.deallocate()
      throw EventLoopError(code: result, during: "create the loop's wake-up handle")
    }
  }

  deinit { wakeUp.deallocate() }

  /// Whether the calling thread is the loop's.
  public var isCurrent: Bool { thread.load(ordering: .acquiring) == UInt(pthread_self()) }

  func adoptCurrentThread() { thread.store(UInt(pthread_self()), ordering: .releasing) }

  /// Takes a job from any thread. A job that comes after the loop has closed is a mistake of the
  /// program: whoever stops a loop first waits for what runs on it.
  public func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let wake = state.withLock { state in
      precondition(!state.closed, "a task outlived its event loop: stop it before the loop")
      state.jobs.append(job)
      if state.armed || isCurrent { return false }
      state.armed = true
      return true
    }
    if wake { uv_async_send(wakeUp) }
  }

  /// Runs what has been enqueued, on the loop's thread; false when there was nothing.
  func drain() -> Bool {
    state.withLock { state in
      swap(&state.jobs, &running)
      state.armed = false
    }
    guard !running.isEmpty else { return false }
    for job in running {
      job.runSynchronously(
        isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
    }
    running.removeAll(keepingCapacity: true)
    return true
  }

  /// Refuses further jobs and closes the wake-up handle. On the loop's thread, when it ends.
  func close() {
    while drain() {}
    state.withLock { $0.closed = true }
    wakeUp.withMemoryRebound(to: uv_handle_t.self, capacity: 1) { uv_close($0, nil) }
  }

  /// This executor as the executor of an actor.
  public func asUnownedSerialExecutor() -> UnownedSerialExecutor {
    UnownedSerialExecutor(ordinary: self)
  }

  /// This executor as the preferred executor of a task.
  public func asUnownedTaskExecutor() -> UnownedTaskExecutor {
    UnownedTaskExecutor(ordinary: self)
  }

  /// Stops the program when the caller is not on the loop's thread.
  public func checkIsolated() {
    precondition(isCurrent, "this code belongs on the event loop's thread")
  }

  /// Tells the runtime whether the caller is on the loop's thread.
  public func isIsolatingCurrentContext() -> Bool? { isCurrent }
}
