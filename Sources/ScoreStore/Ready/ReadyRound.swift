public import Competition
public import Storage

/// The predictions of one round that can be scored: asked at the same time for the same params, so
/// that one look at the prices serves them all.
public struct ReadyRound: Hashable, Sendable {
  /// What was asked.
  public let params: PredictionParams
  /// When it was asked.
  public let performedAt: UTCTime
  /// The end of the horizon.
  public let resolvableAt: UTCTime
  /// How many predictions of it are to be scored.
  public let predictionCount: Int

  /// A round.
  public init(
    params: PredictionParams, performedAt: UTCTime, resolvableAt: UTCTime, predictionCount: Int
  ) {
    self.params = params
    self.performedAt = performedAt
    self.resolvableAt = resolvableAt
    self.predictionCount = predictionCount
  }
}

extension ReadyRound {
  /// The round of one prediction.
  public init(_ prediction: ScorablePrediction) {
    self.init(
      params: prediction.params, performedAt: prediction.performedAt,
      resolvableAt: prediction.resolvableAt, predictionCount: 1)
  }

  /// The most rounds that are loaded at once: half a year of Condor's, about 20 MB.
  public static let roundsMax = 100_000

  /// The rounds with predictions of `selection` that are resolvable at `now`, in order of
  /// `resolvableAt`; the first `roundsMax` of them.
  public static func load(
    _ selection: RoundSelection, at now: UTCTime, on connection: PostgresConnection,
    roundsMax: Int = ReadyRound.roundsMax
  ) throws(StorageError) -> [ReadyRound] {
    let rows = try connection.query(
      """
      SELECT p.asset, p.horizon, p.step, p.performed_at, p.resolvable_at, count(*)
      FROM predictions AS p WHERE p.resolvable_at <= $1 AND \(selection.condition)
      GROUP BY 1, 2, 3, 4, 5 ORDER BY p.resolvable_at, 1, 2, 3, p.performed_at LIMIT $2
      """, [.time(now), .int(roundsMax)], doing: "look for predictions to score")
    return try rows.map { row throws(StorageError) in
      ReadyRound(
        params: PredictionParams(
          asset: try row.text(0), horizonSeconds: try row.int(1), stepSeconds: try row.int(2)),
        performedAt: try row.time(3), resolvableAt: try row.time(4),
        predictionCount: try row.int(5))
    }
  }
}
