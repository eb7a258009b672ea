import Competition
import Resilience

/// When the registry is asked, and how old what it said is: events in, instants out, no clock.
///
/// It may become: never answered → fresh ⇄ failing; the last good answer holds meanwhile.
struct RegistryState {
  /// When it answered last, by the wall clock; nil when it never did.
  private(set) var answeredAt: UTCTime?
  /// What went wrong since then; nil when nothing did.
  private(set) var failure: String?
  /// Failures in a row.
  private(set) var failureCount = 0
  private let interval: Duration
  private var backoff: Backoff
  private var random = SystemRandomNumberGenerator()

  /// `keptSince` is the time of an answer that was kept from an earlier run.
  init(interval: Duration, backoffMax: Duration, keptSince: UTCTime?) {
    self.interval = interval
    backoff = Backoff(min: interval, max: max(interval, backoffMax))
    answeredAt = keptSince
  }

  /// A good answer came; how long to wait before the next question.
  mutating func answered(at now: UTCTime) -> Duration {
    answeredAt = now
    failure = nil
    failureCount = 0
    backoff.reset()
    return interval
  }

  /// None came; how long to wait before the next question.
  mutating func failed(_ cause: String) -> Duration {
    failure = cause
    failureCount += 1
    return backoff.next(using: &random)
  }

  /// Seconds since the last good answer; nil when there was none.
  func ageSeconds(at now: UTCTime) -> Int64? {
    answeredAt.map { max(0, now.secondsSinceEpoch - $0.secondsSinceEpoch) }
  }
}
