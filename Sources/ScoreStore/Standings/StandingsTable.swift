public import Competition
internal import JSON
public import Scoring
public import Storage

/// Writes the standings: the score columns of `models`, a snapshot of each model, a leaderboard.
///
/// To be used in one transaction, so that readers see all of a run or nothing.
public struct StandingsTable {
  private let connection: PostgresConnection
  private static let doing = "publish the standings"
  /// Models of one statement, about 1 MB.
  private static let modelsMax = 500
  private static let jsonDepthMax = 8

  /// The tables as `connection` sees them.
  public init(_ connection: PostgresConnection) { self.connection = connection }

  /// All models, ordered by id, locked until the end of the transaction: in the order in which the
  /// predict worker writes them, so that the two never wait for each other in a circle.
  public func lockModels() throws(StorageError) -> [ScoredModel] {
    let rows = try connection.query(
      """
      SELECT crunch_identifier, name, player_name, coalesce(scores_by_param::text, '[]')
      FROM models ORDER BY crunch_identifier COLLATE "C" FOR NO KEY UPDATE
      """, doing: Self.doing)
    return try rows.map { row throws(StorageError) in
      ScoredModel(
        modelID: ModelID(try row.text(0)), name: try row.text(1), playerName: try row.text(2),
        scores: Self.scores(try row.text(3)))
    }
  }

  /// Writes the standings of models into `models` and `model_score_snapshots`.
  public func store(_ standings: [ModelStanding], at time: UTCTime) throws(StorageError) {
    var rest = standings[...]
    while !rest.isEmpty {
      let chunk = Array(rest.prefix(Self.modelsMax))
      let columns = Self.columns(chunk)
      try connection.query(
        """
        UPDATE models SET overall_score_recent = \(Self.number("s.recent")),
          overall_score_steady = \(Self.number("s.steady")),
          overall_score_anchor = \(Self.number("s.anchor")), scores_by_param = s.scores::json
        FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
          AS s (id, recent, steady, anchor, scores) WHERE crunch_identifier = s.id
        """, columns, doing: Self.doing)
      try connection.query(
        """
        INSERT INTO model_score_snapshots AS old (id, overall_score_recent, overall_score_steady,
          overall_score_anchor, scores_by_param, model_id, performed_at)
        SELECT 'SNP_M' || s.id || '_' || $6, \(Self.number("s.recent")),
          \(Self.number("s.steady")), \(Self.number("s.anchor")), s.scores::json, s.id, $7
        FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
          AS s (id, recent, steady, anchor, scores)
        ON CONFLICT (id) DO UPDATE SET overall_score_recent = excluded.overall_score_recent,
          overall_score_steady = excluded.overall_score_steady,
          overall_score_anchor = excluded.overall_score_anchor,
          scores_by_param = excluded.scores_by_param, performed_at = excluded.performed_at
        """, columns + [.text(time.compactSeconds), .time(time)], doing: Self.doing)
      rest = rest.dropFirst(chunk.count)
    }
  }

  /// Writes a leaderboard.
  ///
  /// - Parameters:
  ///   - ranking: all models, the first one first.
  ///   - models: their names.
  ///   - time: when it was made.
  /// - Throws: `StorageError`.
  public func storeLeaderboard(
    _ ranking: [RankedModel], _ models: [ScoredModel], at time: UTCTime
  ) throws(StorageError) {
    let known = Dictionary(models.map { ($0.modelID, $0) }) { first, _ in first }
    let entries = JSONValue.array(
      ranking.map { entry in
        [
          "rank": .int(Int64(entry.rank)), "model_id": .string(entry.modelID.rawValue),
          "score": entry.score.json,
          "model_name": known[entry.modelID].map { .string($0.name) } ?? .null,
          "player_name": known[entry.modelID].map { .string($0.playerName) } ?? .null,
        ]
      })
    try connection.query(
      """
      INSERT INTO leaderboards (id, created_at, entries) VALUES ($1, $2, $3::json)
      ON CONFLICT (id) DO UPDATE SET entries = excluded.entries
      """,
      [.text("LBR_\(time.compactMilliseconds)"), .time(time), .text(entries.text())],
      doing: Self.doing)
  }

  private static func columns(_ standings: [ModelStanding]) -> [PostgresParameter] {
    func texts(_ window: KeyPath<WindowScore, Double?>) -> PostgresParameter {
      .texts(standings.map { $0.overall[keyPath: window].map { "\($0)" } ?? "" })
    }
    return [
      .texts(standings.map(\.modelID.rawValue)), texts(\.recent), texts(\.steady), texts(\.anchor),
      .texts(standings.map { $0.scoresJSON.text() }),
    ]
  }

  private static func number(_ column: String) -> String { "nullif(\(column), '')::float8" }

  private static func scores(_ text: String) -> [ParamScore] {
    guard let value = try? JSONValue.parse(text: text, depthMax: jsonDepthMax) else { return [] }
    return (value.arrayValue ?? []).compactMap { ParamScore($0) }
  }
}
