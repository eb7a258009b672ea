public import Competition
public import Storage

/// What one run did, a row of `updraft_score_runs`.
public struct ScoreRunRow: Hashable, Sendable {
  /// When its standings were published.
  public var runAt: UTCTime
  /// The scoring rule's name.
  public var method: String
  /// Predictions that got a score.
  public var scoredCount: Int
  /// Predictions that failed.
  public var failedCount: Int
  /// Predictions that wait for prices.
  public var waitingCount: Int
  /// What failures of the run got, when it was decided with the run.
  public var failedScore: Double?
  /// From its start to its publication.
  public var wallTime: Duration

  /// A row.
  public init(
    runAt: UTCTime, method: String, scoredCount: Int, failedCount: Int, waitingCount: Int,
    failedScore: Double?, wallTime: Duration
  ) {
    self.runAt = runAt
    self.method = method
    self.scoredCount = scoredCount
    self.failedCount = failedCount
    self.waitingCount = waitingCount
    self.failedScore = failedScore
    self.wallTime = wallTime
  }
}

/// The table `updraft_score_runs`.
public struct ScoreRunTable {
  private let connection: PostgresConnection
  private static let doing = "record the run"

  /// The table as `connection` sees it.
  public init(_ connection: PostgresConnection) { self.connection = connection }

  /// Whether the table is there and can be written.
  public func isThere() throws(StorageError) -> Bool {
    let rows = try connection.query(
      "SELECT coalesce(has_table_privilege(to_regclass('updraft_score_runs'), 'INSERT'), false)",
      doing: Self.doing)
    return try rows.first?.bool(0) ?? false
  }

  /// Records a run and deletes the records of those before `keptSince`.
  public func record(_ run: ScoreRunRow, keptSince: UTCTime) throws(StorageError) {
    guard try isThere() else { return }
    try connection.query(
      "DELETE FROM updraft_score_runs WHERE run_at < $1", [.time(keptSince)], doing: Self.doing)
    try connection.query(
      """
      INSERT INTO updraft_score_runs
        (run_at, method, scored, failed, waiting, failed_score, wall_ms)
      VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (run_at) DO NOTHING
      """,
      [
        .time(run.runAt), .text(run.method), .int(run.scoredCount), .int(run.failedCount),
        .int(run.waitingCount), run.failedScore.map { .double($0) } ?? .null,
        .double(run.wallTime.inSeconds * 1_000),
      ], doing: Self.doing)
  }
}
