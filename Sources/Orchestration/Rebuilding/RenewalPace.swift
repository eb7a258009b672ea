import Competition
import Resilience

/// How soon a model is restarted for its changed code: at once, but slower and slower when the code
/// keeps changing right after restarts, as that of a model that writes its own code does.
struct RenewalPace {
  /// A change this long after the last restart is taken for a person's.
  static let calmAfter: Duration = .seconds(10)

  private var backoff = Backoff(min: .seconds(1), max: .seconds(60), jitter: 0)
  private var random = SplitMix64(seed: 0)
  private var last: MonotonicInstant?

  /// The time to wait before the restart for a change that was seen now.
  mutating func delay(at now: MonotonicInstant) -> Duration {
    guard let last, now.since(last) < Self.calmAfter + backoffNow else {
      backoff.reset()
      backoffNow = .zero
      self.last = now
      return .zero
    }
    backoffNow = backoff.next(using: &random)
    self.last = now
    return backoffNow
  }

  private var backoffNow: Duration = .zero
}
