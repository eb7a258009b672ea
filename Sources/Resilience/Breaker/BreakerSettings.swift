import Competition

/// What a breaker must know beforehand; the defaults are the Condor worker's and ours.
public struct BreakerSettings: Hashable, Sendable {
  /// Failures in a row that are still allowed; 0 turns the limit off.
  public var failuresMax = 100
  /// Timeouts in a row that are still allowed; 0 turns the limit off.
  public var timeoutsMax = 100
  /// `fair` only: bad calls in a row after which the circuit opens, at least 1.
  public var openAfter = 3
  /// `fair` only: how long an open circuit skips calls, growing with each failed probe.
  public var openFor = Backoff(min: .seconds(5), max: .seconds(600), factor: 2, jitter: 0.3)

  /// The default settings.
  public init() {}

  /// The default settings with other limits.
  public init(failuresMax: Int, timeoutsMax: Int) {
    self.failuresMax = failuresMax
    self.timeoutsMax = timeoutsMax
  }
}
