public import Competition

/// Predictions that could be scored and are not.
public struct ScoringBacklog: Hashable, Sendable {
  /// How many; not more than were looked at.
  public let readyCount: Int
  /// The earliest `resolvable_at` among them; nil for none.
  public let oldest: UTCTime?
  /// Whether there were more unscored rows than were looked at.
  public let isMore: Bool

  /// Looks at up to `rowsMax` unscored rows, ready at `now` or not; the index on
  /// `score_scored_at` leads to them.
  public init(
    _ connection: PostgresConnection, at now: UTCTime, rowsMax: Int
  ) throws(StorageError) {
    let rows = try connection.query(
      """
      SELECT count(*) FILTER (WHERE resolvable_at <= $1),
        min(resolvable_at) FILTER (WHERE resolvable_at <= $1), count(*) = $2
      FROM (SELECT resolvable_at FROM predictions WHERE score_scored_at IS NULL LIMIT $2) AS open
      """, [.time(now), .int(rowsMax)], doing: "look for unscored predictions")
    readyCount = try rows.first?.int(0) ?? 0
    oldest = try rows.first.flatMap { (row) throws(StorageError) in
      try row.optional(1, row.time)
    }
    isMore = try rows.first?.bool(2) ?? false
  }
}
