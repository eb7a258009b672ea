public import Competition
public import Storage

/// Failed predictions whose score depends on the others' of the run: everything that was scored
/// since the last leaderboard, by whichever worker.
///
/// They have `score_success` false and no `score_value`, so that no mean counts them meanwhile. A
/// worker that is killed loses nothing: the next publication decides.
public struct PendingFailures {
  private let connection: PostgresConnection
  private static let doing = "score failed predictions"
  /// Pending ones are looked for this long before the last leaderboard, too, for clocks that
  /// differ.
  private static let reach = Duration.seconds(86_400)

  /// The failures as `connection` sees them.
  public init(_ connection: PostgresConnection) { self.connection = connection }

  /// What the score of the run's failures is made from.
  public struct Basis: Hashable, Sendable {
    /// How many failures wait for a score.
    public let pendingCount: Int
    /// The params of those failures.
    public let params: Set<PredictionParams>
    /// The lowest and the highest score of the run; nil when nothing was scored.
    public let scores: ClosedRange<Double>?
  }

  /// When the last leaderboard was made; nil before the first.
  public func lastPublished() throws(StorageError) -> UTCTime? {
    let rows = try connection.query(
      "SELECT max(created_at) FROM leaderboards", doing: "look for the last leaderboard")
    return try rows.first.flatMap { row throws(StorageError) in
      try row.optional(0, row.time)
    }
  }

  /// Looks at the run since `last`.
  public func basis(since last: UTCTime?) throws(StorageError) -> Basis {
    let rows = try connection.query(
      """
      SELECT asset, horizon, step, count(*) FROM predictions WHERE \(pending(since: last))
      GROUP BY asset, horizon, step
      """, doing: Self.doing)
    var params: Set<PredictionParams> = []
    var count = 0
    for row in rows {
      params.insert(
        PredictionParams(
          asset: try row.text(0), horizonSeconds: try row.int(1), stepSeconds: try row.int(2)))
      count += try row.int(3)
    }
    guard count > 0 else { return Basis(pendingCount: 0, params: [], scores: nil) }
    return Basis(pendingCount: count, params: params, scores: try scores(since: last))
  }

  /// Gives them all the score `value`.
  public func decide(_ value: Double, since last: UTCTime?) throws(StorageError) {
    try connection.query(
      "UPDATE predictions SET score_value = $1 WHERE \(pending(since: last))", [.double(value)],
      doing: Self.doing)
  }

  /// The failed score of the newest run that decided one; nil without any, or without the table.
  public func earlierValue() throws(StorageError) -> Double? {
    guard try ScoreRunTable(connection).isThere() else { return nil }
    let rows = try connection.query(
      """
      SELECT failed_score FROM updraft_score_runs WHERE failed_score IS NOT NULL
      ORDER BY run_at DESC LIMIT 1
      """, doing: Self.doing)
    return try rows.first?.double(0)
  }

  private func scores(since last: UTCTime?) throws(StorageError) -> ClosedRange<Double>? {
    let rows = try connection.query(
      """
      SELECT min(score_value), max(score_value) FROM predictions
      WHERE score_success AND \(WindowTable.isFinite)\(last.map { """
         AND score_scored_at > '\($0.iso8601)'
        """ } ?? "")
      """, doing: Self.doing)
    guard let row = rows.first, let low = try row.optional(0, row.double),
      let high = try row.optional(1, row.double)
    else { return nil }
    return low...high
  }

  private func pending(since last: UTCTime?) -> String {
    let isPending = "NOT score_success AND score_value IS NULL AND score_scored_at IS NOT NULL"
    guard let last else { return isPending }
    return isPending + " AND score_scored_at > '\(last.advanced(by: .zero - Self.reach).iso8601)'"
  }
}
