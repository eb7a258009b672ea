public import Resilience

/// How patiently a model is restarted.
public struct SupervisionPolicy: Hashable, Sendable {
  /// The waits between restarts of a model that ends or doesn't get healthy.
  public var restart = Backoff(min: .milliseconds(500), max: .seconds(60))
  /// The waits between attempts to build an environment: pip's servers may be away for a while.
  public var environment = Backoff(min: .seconds(10), max: .seconds(300))
  /// A model that served this long is taken to be well: its next restart is a quick one.
  public var steadyAfter: Duration = .seconds(60)
  /// Whether a reported submission stays stopped until another one is submitted.
  public var canPlaceInQuarantine = false
  /// Crashes in a row after which a submission stays stopped until another one is submitted; nil
  /// means that it is tried for ever. A crash is an end that nobody asked for, a health check that
  /// doesn't serve in time, or a limit that was exceeded.
  public var crashesMax: Int?

  /// The default policy.
  public init() {}
}
