/// Which prices count as what happened.
public struct TruthOptions: Hashable, Sendable {
  /// The distance of two prices of the source (`prices.resolution`).
  public var resolution: Duration
  /// How far the price used may lie from the time asked for (`score.price_max_gap`), in
  /// resolutions.
  public var gapMaxFactor: Double
  /// Condor's way (`score.compat`): the closest price there is, however far, even before the one
  /// of that time has arrived.
  public var compat: Bool

  /// Minute prices, at most two minutes off.
  public init(
    resolution: Duration = .seconds(60), gapMaxFactor: Double = 2, compat: Bool = false
  ) {
    self.resolution = resolution
    self.gapMaxFactor = gapMaxFactor
    self.compat = compat
  }
}
