/// The score that failed predictions get (`score.failed`).
public enum FailedScore: Hashable, Sendable {
  /// The lowest score of the batch, at most 0: Condor's rule, so always 0 for densities.
  case lowest
  /// The worst score of the run in the leaderboard's order, so that failing never wins.
  case worst(RankOrder)

  /// The score for the failed predictions of a batch.
  ///
  /// - Parameters:
  ///   - scores: of those that were scored; what is not finite is ignored.
  ///   - fallback: for `worst` when nothing was scored: the worst score of an earlier run, or
  ///     `CRPSBounds.worstScore`.
  /// - Returns: a finite score if the fallback is.
  public func value(among scores: some Sequence<Double>, fallback: Double = 0) -> Double {
    let finite = scores.lazy.filter(\.isFinite)
    switch self {
    case .lowest: return min(0, finite.min() ?? 0)
    case .worst(.ascending): return finite.max() ?? fallback
    case .worst(.descending): return finite.min() ?? fallback
    }
  }
}
