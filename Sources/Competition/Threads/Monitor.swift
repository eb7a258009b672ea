public import Glibc

/// State behind a lock, and a way for one thread to wait until it changes or a deadline passes.
///
/// The standard library's `Mutex` has no condition to wait for; this is the POSIX pair of both, on
/// the monotonic clock, freed in `deinit`. `@unchecked Sendable`: the state is only touched with
/// the mutex held. Inlinable, since a round's answers go through it one by one.
public final class Monitor<State>: @unchecked Sendable {
  /// What the waiting thread makes of the state.
  public enum Turn<Result> {
    /// The wait is over, with this result.
    case ready(Result)
    /// Look again after a change, or at this instant.
    case wait(until: MonotonicInstant?)
  }

  @usableFromInline let mutex: UnsafeMutablePointer<pthread_mutex_t>
  @usableFromInline let condition: UnsafeMutablePointer<pthread_cond_t>
  @usableFromInline var state: State

  /// Puts `state` behind a lock of its own.
  public init(_ state: State) {
    self.state = state
    mutex = .allocate(capacity: 1)
    mutex.initialize(to: pthread_mutex_t())
    pthread_mutex_init(mutex, nil)
    condition = .allocate(capacity: 1)
    condition.initialize(to: pthread_cond_t())
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(condition, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  /// Reads the state, or changes in it what nobody waits for.
  @inlinable
  public func withLock<Result>(_ body: (inout State) -> Result) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body(&state)
  }

  /// Changes the state and wakes the waiting thread.
  @inlinable
  public func change<Result>(_ body: (inout State) -> Result) -> Result {
    let result = withLock(body)
    pthread_cond_broadcast(condition)
    return result
  }

  /// Calls `body` now, after every change, and at the time it asks for, until it is ready.
  @inlinable
  public func wait<Result>(_ body: (inout State) -> Turn<Result>) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while true {
      switch body(&state) {
      case .ready(let result): return result
      case .wait(until: nil): pthread_cond_wait(condition, mutex)
      case .wait(until: .some(let instant)):
        var time = timespec(
          tv_sec: Int(instant.nanoseconds / 1_000_000_000),
          tv_nsec: Int(instant.nanoseconds % 1_000_000_000))
        pthread_cond_timedwait(condition, mutex, &time)
      }
    }
  }
}
