/// What a caller may see; each tier includes the ones before it.
public enum AccessTier: Int, Comparable, Sendable, CaseIterable {
  /// The pages, the leaderboard, the models: without a key.
  case open
  /// Every model's scores, predictions and calls, and the rounds.
  case read
  /// Metrics.
  case admin

  /// The tier's name in a file of keys.
  public var name: String { "\(self)" }

  /// Orders by what may be seen.
  public static func < (left: AccessTier, right: AccessTier) -> Bool {
    left.rawValue < right.rawValue
  }
}
