/// Which scores stand first on a leaderboard.
public enum RankOrder: Hashable, Sendable {
  /// Higher scores first.
  case descending
  /// Lower scores first, for CRPS.
  case ascending
}
