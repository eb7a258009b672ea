import Competition
import Glibc

/// State behind a mutex, with one thread that waits for it to change.
///
/// The standard library's `Mutex` has no condition to wait for; this is the POSIX pair of both. The
/// condition runs on the monotonic clock. Every access to the state is inside `withLock` or `next`,
/// which is what makes the unchecked conformance sound.
final class Signalled<State>: @unchecked Sendable {
  /// What the waiting thread does after looking at the state.
  enum Step<Result> {
    /// Stop waiting and return this.
    case done(Result)
    /// Look again after a signal, or at this instant.
    case wait(until: MonotonicInstant?)
  }

  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>
  private var state: State

  init(_ state: State) {
    self.state = state
    mutex = .allocate(capacity: 1)
    condition = .allocate(capacity: 1)
    mutex.initialize(to: pthread_mutex_t())
    condition.initialize(to: pthread_cond_t())
    pthread_mutex_init(mutex, nil)
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

  /// Changes the state; wakes the waiting thread when `signals` is set.
  func withLock<Result>(signals: Bool = false, _ body: (inout State) -> Result) -> Result {
    pthread_mutex_lock(mutex)
    let result = body(&state)
    pthread_mutex_unlock(mutex)
    if signals { pthread_cond_signal(condition) }
    return result
  }

  /// Waits until `step` is done with the state.
  func next<Result>(_ step: (inout State) -> Step<Result>) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while true {
      switch step(&state) {
      case .done(let result): return result
      case .wait(until: nil): pthread_cond_wait(condition, mutex)
      case .wait(until: let instant?):
        var time = timespec(
          tv_sec: Int(instant.nanoseconds / 1_000_000_000),
          tv_nsec: Int(instant.nanoseconds % 1_000_000_000))
        pthread_cond_timedwait(condition, mutex, &time)
      }
    }
  }
}
