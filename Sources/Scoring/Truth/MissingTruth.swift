public import Competition

/// Prices that a score needs and that are not there: wait for them, up to a limit.
public struct MissingTruth: Hashable, Sendable, CustomStringConvertible {
  /// The asset whose prices are missing.
  public let asset: String
  /// How many of the points that the score needs have no price.
  public let missingCount: Int
  /// The earliest time without a price.
  public let first: UTCTime
  /// When the prediction could be resolved; waiting is counted from here.
  public let resolvableAt: UTCTime

  /// Whether the prediction has waited for longer than `ageMax` (`score.truth_max_age`) and is to
  /// be given up.
  public func isOverdue(at now: UTCTime, ageMax: Duration) -> Bool {
    now.since(resolvableAt) > ageMax
  }

  /// `no price of BTC at 3 points, first at 2026-11-22T11:00:00`.
  public var description: String {
    let points = missingCount == 1 ? "1 point" : "\(missingCount) points"
    return "no price of \(asset) at \(points), first at \(first.iso8601)"
  }
}
