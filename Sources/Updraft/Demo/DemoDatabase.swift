import Competition
import GameSetup
import Logging
import Storage

/// What the score worker has done so far.
struct DemoScores: Hashable, Sendable {
  /// Predictions with a score.
  var scoredCount = 0
  /// Leaderboards.
  var leaderboardCount = 0
  /// The name of the model that leads the newest one; nil before the first.
  var first: String?
}

/// What the demo does with its own database: make the tables, set what is asked, look at the rows.
struct DemoDatabase: Sendable {
  /// How many rows a model has of each status.
  typealias Counts = [PredictionStatus: Int]

  let configuration: DatabaseConfiguration

  /// Makes the tables and asks for two assets, one every 5 s.
  ///
  /// - Returns: What making the tables did.
  func prepare() async throws(StorageError) -> SchemaReport {
    try await work { connection throws(StorageError) in
      let report = try SchemaInitializer(connection).initializeDatabase()
      let configs = PredictionConfigTable(connection)
      for config in try configs.list() { try configs.remove(id: config.id) }
      for asset in ["BTC", "ETH"] {
        let params = PredictionParams(asset: asset, horizonSeconds: 10, stepSeconds: 2)
        _ = try configs.add(params, intervalSeconds: 10)
      }
      return report
    }
  }

  /// Asks for one more asset, with another horizon; the running worker follows at its next tick.
  func askForMore() async throws(StorageError) {
    try await work { connection throws(StorageError) in
      let params = PredictionParams(asset: "SOL", horizonSeconds: 20, stepSeconds: 5)
      _ = try PredictionConfigTable(connection).add(params, intervalSeconds: 20)
    }
  }

  /// The stored rounds asked after `time`, in their order.
  func rounds(after time: UTCTime) async throws(StorageError) -> [(UTCTime, DemoRound)] {
    try await work { connection throws(StorageError) in
      let rows = try connection.query(
        """
        SELECT performed_at, asset, horizon, step, wall_ms, success, failed, timeout, absent
        FROM updraft_rounds WHERE performed_at > $1 ORDER BY performed_at LIMIT 1000
        """, [.time(time)], doing: "read the stored rounds")
      return try rows.map { row throws(StorageError) in
        let params = PredictionParams(
          asset: try row.text(1), horizonSeconds: try row.int(2), stepSeconds: try row.int(3))
        var round = DemoRound(storedAt: try row.time(0), params)
        round.wallMillis = try row.double(4)
        round.success = try row.int(5)
        round.failed = try row.int(6)
        round.timeout = try row.int(7)
        round.absent = try row.int(8)
        return (try row.time(0), round)
      }
    }
  }

  /// The rows of `predictions` asked after `time`, counted by model and status.
  func counts(after time: UTCTime) async throws(StorageError) -> [ModelID: Counts] {
    try await work { connection throws(StorageError) in
      let rows = try connection.query(
        """
        SELECT model_id, status, count(*) FROM predictions WHERE performed_at > $1
        GROUP BY model_id, status
        """, [.time(time)], doing: "count the predictions")
      var counts: [ModelID: Counts] = [:]
      for row in rows {
        guard let status = PredictionStatus(rawValue: try row.text(1)) else { continue }
        counts[ModelID(try row.text(0)), default: [:]][status] = try row.int(2)
      }
      return counts
    }
  }

  /// What has been scored of the predictions asked after `time`.
  func scores(after time: UTCTime) async throws(StorageError) -> DemoScores {
    try await work { connection throws(StorageError) in
      let rows = try connection.query(
        """
        SELECT (SELECT count(*) FROM predictions WHERE performed_at > $1 AND score_success),
          (SELECT count(*) FROM leaderboards WHERE created_at > $1),
          (SELECT entries -> 0 ->> 'model_name' FROM leaderboards WHERE created_at > $1
            ORDER BY created_at DESC LIMIT 1)
        """, [.time(time)], doing: "look at the scores")
      guard let row = rows.first else { return DemoScores() }
      return DemoScores(
        scoredCount: try row.int(0), leaderboardCount: try row.int(1),
        first: try row.optional(2, row.text))
    }
  }

  private func work<Value: Sendable>(
    _ body: @escaping @Sendable (PostgresConnection) throws(StorageError) -> Value
  ) async throws(StorageError) -> Value {
    let configuration = configuration
    let result = await runBlocking { () -> Result<Value, StorageError> in
      do throws(StorageError) {
        let logger = Logger(label: "demo") { _ in SwiftLogNoOpLogHandler() }
        let connection = try PostgresConnection(configuration, logger: logger)
        defer { connection.close() }
        return .success(try body(connection))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }
}
