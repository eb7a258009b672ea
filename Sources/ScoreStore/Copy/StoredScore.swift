public import Competition
public import Storage

/// What is stored about the score of a prediction, and why its call went wrong.
public struct StoredScore: Hashable, Sendable {
  /// When it was scored; nil for never.
  public let scoredAt: UTCTime?
  /// The score; nil while there is none.
  public let value: Double?
  /// Why it failed; nil when it was scored.
  public let failedReason: String?
  /// Why its call is FAILED or TIMEOUT, as the predict worker recorded it.
  public let callDetail: String?

  /// Looks up the score of a prediction.
  ///
  /// - Parameters:
  ///   - id: the prediction's key.
  ///   - connection: the database.
  ///   - hasFailures: whether `updraft_failures` is there.
  /// - Returns: nil when there is no prediction `id`.
  /// - Throws: `StorageError`.
  public static func load(
    _ id: String, on connection: PostgresConnection, hasFailures: Bool
  ) throws(StorageError) -> StoredScore? {
    let detail =
      hasFailures
      ? "(SELECT max(detail) FROM updraft_failures WHERE prediction_id = p.id)" : "NULL::text"
    let rows = try connection.query(
      """
      SELECT score_scored_at, score_value, score_failed_reason, \(detail)
      FROM predictions AS p WHERE id = $1
      """, [.text(id)], doing: "look up a score")
    return try rows.first.map { row throws(StorageError) in
      StoredScore(
        scoredAt: try row.optional(0, row.time), value: try row.optional(1, row.double),
        failedReason: try row.optional(2, row.text), callDetail: try row.optional(3, row.text))
    }
  }
}
