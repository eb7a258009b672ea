/// A rule that turns densities and what happened into one number.
public enum ScoringMethod: Hashable, Sendable {
  /// Condor's: the mean of the densities at the log returns that happened; higher is better.
  ///
  /// `cap` is the highest density that counts for one step; nil is none. Without one, a density of
  /// tiny scale wins whenever the price stands still.
  case densityPDF(cap: Double?)
  /// crunch-synth's: the continuous ranked probability score of price changes; lower is better.
  case crps(CRPSScale)

  /// How this method measures what happened.
  public var measure: RealizedMoves.Measure {
    switch self {
    case .densityPDF: .logReturn
    case .crps: .difference
    }
  }
}
