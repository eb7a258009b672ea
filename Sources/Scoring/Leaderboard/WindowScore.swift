/// A mean score for each of the leaderboard's windows; nil while there is none.
public struct WindowScore: Hashable, Sendable {
  /// Over the last day, by default.
  public var recent: Double?
  /// Over the last three days, by default.
  public var steady: Double?
  /// Over the last week, by default.
  public var anchor: Double?

  /// Scores of three windows.
  public init(recent: Double? = nil, steady: Double? = nil, anchor: Double? = nil) {
    self.recent = recent
    self.steady = steady
    self.anchor = anchor
  }
}
