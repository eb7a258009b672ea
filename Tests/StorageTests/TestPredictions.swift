import Competition
import Storage

/// Rows of `predictions`, made by the server.
enum TestPredictions {
  static let day = Duration.seconds(86_400)

  /// Inserts `count` predictions of the model `m`, a second apart, the newest asked at `newest`;
  /// scored `scoredAfter` later, or not at all. Every fourth is FAILED and has its reason.
  static func insert(
    _ count: Int, newest: UTCTime, scoredAfter: Duration?, in database: TestDatabase,
    model: String = "m", asset: String = "BTC"
  ) throws {
    let scored = scoredAfter.map { "at + interval '\($0.milliseconds) ms'" } ?? "NULL::timestamp"
    try database.execute(
      """
      INSERT INTO models (crunch_identifier, name, deployment_identifier, player_crunch_identifier,
        player_name) VALUES ('\(model)', '', '', '', '') ON CONFLICT DO NOTHING;
      WITH made AS (
        SELECT 'PRE_\(model)_' || to_char(at, 'YYYYMMDD_HH24MISS.MS') AS id, at, n % 4 = 0 AS fails
        FROM generate_series(0, \(count - 1)) AS n,
          LATERAL (SELECT '\(newest.iso8601)'::timestamp - n * interval '1 s' AS at) AS t),
      reasons AS (
        INSERT INTO updraft_failures SELECT id, 'MODEL_FAILED: boom' FROM made WHERE fails)
      INSERT INTO predictions SELECT id, '\(model)', '\(asset)', 3600, 60,
        CASE WHEN fails THEN 'FAILED' ELSE 'SUCCESS' END, 1.5,
        '[{"density":{"type":"builtin"}}]', at, at + interval '1 h',
        0.25, true, NULL, \(scored) FROM made
      """)
  }

  static func count(_ database: TestDatabase, _ table: String = "predictions") throws -> Int {
    Int(try database.rows("SELECT count(*) FROM \(table)").first ?? "") ?? -1
  }
}

extension TestDatabase {
  /// Makes a database whose `predictions` is partitioned, with the partitions that `now` needs.
  static func partitioned(_ span: PartitionSpan = .day, at now: UTCTime) async throws
    -> TestDatabase
  {
    let database = try await empty()
    _ = try database.with {
      try SchemaInitializer($0).initializeDatabase(partitions: span, at: now)
    }
    return database
  }

  /// Makes a role that is granted `rights` on all tables, and returns the database as it sees it.
  func asRole(_ role: String, granted rights: String) throws -> TestDatabase {
    // Roles belong to the server, which other tests share.
    try execute(
      """
      DO $$ BEGIN CREATE ROLE \(role) LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
      GRANT \(rights) ON ALL TABLES IN SCHEMA public TO \(role)
      """)
    var configuration = configuration
    configuration.user = role
    return TestDatabase(configuration: configuration)
  }
}
