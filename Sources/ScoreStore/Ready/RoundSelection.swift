public import Competition

/// Which resolvable predictions are scored.
public enum RoundSelection: Hashable, Sendable {
  /// Those that were never scored.
  case unscored
  /// All that were asked from `from` until before `until`, but for those that were scored at
  /// `since` or later: the ones that this re-scoring has done already.
  case performed(from: UTCTime, until: UTCTime, notScoredSince: UTCTime)

  /// The condition on `predictions AS p`.
  var condition: String {
    switch self {
    case .unscored: return "p.score_scored_at IS NULL"
    case .performed(let from, let until, let since):
      return """
        p.performed_at >= '\(from.iso8601)' AND p.performed_at < '\(until.iso8601)'
        AND (p.score_scored_at IS NULL OR p.score_scored_at < '\(since.iso8601)')
        """
    }
  }
}
