public import Competition
public import Storage

/// The means of one model and one param over the windows, as SQL gives them.
public struct WindowRow: Hashable, Sendable {
  /// The model.
  public var modelID: ModelID
  /// The param.
  public var params: PredictionParams
  /// The means over the windows; nil for an empty one.
  public var recent, steady, anchor: Double?
  /// The earliest and the latest `resolvable_at` in the longest window.
  public var oldest, newest: UTCTime
  /// Whether there is a scored prediction from before the longest window.
  public var hasOlder: Bool

  /// A row.
  public init(
    modelID: ModelID, params: PredictionParams, recent: Double?, steady: Double?, anchor: Double?,
    oldest: UTCTime, newest: UTCTime, hasOlder: Bool
  ) {
    self.modelID = modelID
    self.params = params
    self.recent = recent
    self.steady = steady
    self.anchor = anchor
    self.oldest = oldest
    self.newest = newest
    self.hasOlder = hasOlder
  }
}

/// Sums up scores over the leaderboard's windows: one pass over the predictions of the longest one.
public struct WindowTable {
  private let connection: PostgresConnection
  private static let doing = "sum up the scores"
  /// `avg` squares what it sums up and fails above 1e154: scores beyond 1e100, NaN (which sorts
  /// above all numbers) and the infinities don't count.
  static let isFinite = "score_value BETWEEN -1e100 AND 1e100"
  /// A million predictions take some seconds; a hundred times that is a fault.
  private static let timeout = Duration.seconds(600)

  /// The scores as `connection` sees them.
  public init(_ connection: PostgresConnection) { self.connection = connection }

  /// Sums up.
  ///
  /// - Parameters:
  ///   - recent: the begin of the first window; times are `resolvable_at`.
  ///   - steady: the begin of the second one.
  ///   - anchor: the begin of the third one.
  ///   - looksFurther: whether older predictions are looked for, for `hasOlder`.
  /// - Returns: one row for each model and param that was scored in the longest window, ordered.
  /// - Throws: `StorageError`.
  public func load(
    recent: UTCTime, steady: UTCTime, anchor: UTCTime, looksFurther: Bool
  ) throws(StorageError) -> [WindowRow] {
    let older =
      looksFurther
      ? """
      EXISTS (SELECT FROM predictions AS o WHERE o.model_id = w.model_id AND o.asset = w.asset
        AND o.horizon = w.horizon AND o.step = w.step AND o.resolvable_at < $4
        AND o.score_scored_at IS NOT NULL AND o.\(Self.isFinite))
      """ : "false"
    try connection.execute(
      "SET LOCAL statement_timeout TO \(Self.timeout.milliseconds)", doing: Self.doing)
    let rows = try connection.query(
      """
      SELECT w.*, \(older) FROM (
        SELECT model_id, asset, horizon, step,
          avg(score_value) FILTER (WHERE resolvable_at >= $1),
          avg(score_value) FILTER (WHERE resolvable_at >= $2),
          avg(score_value) FILTER (WHERE resolvable_at >= $3),
          min(resolvable_at), max(resolvable_at)
        FROM predictions
        WHERE resolvable_at >= $4 AND score_scored_at IS NOT NULL AND \(Self.isFinite)
        GROUP BY model_id, asset, horizon, step) AS w
      ORDER BY model_id, asset, horizon, step
      """,
      [
        .time(recent), .time(steady), .time(anchor), .time(min(recent, steady, anchor)),
      ], doing: Self.doing)
    return try rows.map { row throws(StorageError) in
      WindowRow(
        modelID: ModelID(try row.text(0)),
        params: PredictionParams(
          asset: try row.text(1), horizonSeconds: try row.int(2), stepSeconds: try row.int(3)),
        recent: try row.optional(4, row.double), steady: try row.optional(5, row.double),
        anchor: try row.optional(6, row.double), oldest: try row.time(7), newest: try row.time(8),
        hasOlder: try row.bool(9))
    }
  }
}
