/// What came of scoring one prediction.
public enum ScoreOutcome: Hashable, Sendable {
  /// The score: finite, at most `DensityLimits.scoreMax` in size.
  case scored(Double)
  /// The prediction is at fault, or nothing can be said about it; the reason is for people. What
  /// score it gets is decided over the whole batch: see `FailedScore`.
  case failed(reason: String)
}
