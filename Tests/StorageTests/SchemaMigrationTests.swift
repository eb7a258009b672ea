import Competition
import Testing

@testable import Storage

@Suite(.timeLimit(.minutes(2))) struct SchemaMigrationTests {
  /// The table as version 1 made it, with a row.
  private static let versionOne = """
    DROP TABLE updraft_rounds;
    DELETE FROM updraft_schema; INSERT INTO updraft_schema VALUES (1);
    CREATE TABLE updraft_rounds (performed_at timestamp NOT NULL, shard varchar NOT NULL,
      asset varchar NOT NULL, horizon int4 NOT NULL, step int4 NOT NULL, wall_ms float8 NOT NULL,
      success int4 NOT NULL, failed int4 NOT NULL, timeout int4 NOT NULL, absent int4 NOT NULL,
      stored_at timestamp NOT NULL, PRIMARY KEY (performed_at, shard));
    INSERT INTO updraft_rounds VALUES
      ('2026-01-01 00:00:00', '1/1', 'ETH', 60, 1, 5, 1, 0, 0, 0, '2026-01-01 00:00:01')
    """

  private func columnCount(_ database: TestDatabase) throws -> [String] {
    try database.rows(
      "SELECT count(*) FROM pg_attribute WHERE attrelid = 'updraft_rounds'::regclass "
        + "AND attnum > 0 AND NOT attisdropped")
  }

  @Test func aTableOfVersionOneGetsItsColumnsAndKeepsItsRows() async throws {
    let database = try await TestDatabase.initialized()
    let columns = try columnCount(database)
    try database.execute(Self.versionOne)
    let tables = try database.with { try SchemaInitializer($0).ensureOwnTables() }
    #expect(tables.hasRoundDetails)
    #expect(tables.reason == nil)
    #expect(try columnCount(database) == columns)
    #expect(try database.rows("SELECT max(version) FROM updraft_schema") == ["2"])
    _ = try await TestRound.store(TestRound.make(["1"]), in: database)
    #expect(
      try database.rows(
        "SELECT asset, success, sent, models->'m0'->>0 FROM updraft_rounds ORDER BY performed_at")
        == ["ETH|1|∅|∅", "BTC|1|0|SUCCESS"])
  }

  @Test func initDBMigratesOnceAndNamesTheTable() async throws {
    let database = try await TestDatabase.initialized()
    try database.execute(Self.versionOne)
    let first = try database.with { try SchemaInitializer($0).initializeDatabase() }
    #expect(first.upgradedTables == ["updraft_rounds"])
    #expect(first.createdTables.isEmpty)
    let second = try database.with { try SchemaInitializer($0).initializeDatabase() }
    #expect(second.upgradedTables.isEmpty)
    #expect(try database.rows("SELECT count(*) FROM updraft_rounds") == ["1"])
  }

  @Test func manyMigrationsAtOnceAddEachColumnOnce() async throws {
    let database = try await TestDatabase.initialized()
    let columns = try columnCount(database)
    try database.execute(Self.versionOne)
    try await withThrowingTaskGroup(of: OwnTables.self) { group in
      for _ in 0..<4 {
        group.addTask { try database.with { try SchemaInitializer($0).ensureOwnTables() } }
      }
      for try await tables in group {
        #expect(tables.hasRoundDetails)
        #expect(tables.reason == nil)
      }
    }
    #expect(try columnCount(database) == columns)
    #expect(
      try database.rows("SELECT version FROM updraft_schema ORDER BY version") == ["1", "2"])
  }

  @Test func aWorkerOfVersionOneGoesOnWriting() async throws {
    let database = try await TestDatabase.initialized()
    try database.execute(
      """
      INSERT INTO updraft_rounds (performed_at, shard, asset, horizon, step, wall_ms, success,
        failed, timeout, absent, stored_at)
      VALUES ('2026-01-01 00:00:00', '2/2', 'ETH', 60, 1, 5, 1, 0, 0, 0, '2026-01-01 00:00:01')
      """)
    #expect(try database.rows("SELECT models FROM updraft_rounds") == ["∅"])
  }

  @Test func withoutTheRightToAlterRoundsAreStoredAsInVersionOne() async throws {
    let database = try await TestDatabase.initialized()
    try database.execute(
      Self.versionOne + """
        ;
        CREATE ROLE guest LOGIN;
        GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO guest
        """)
    var configuration = database.configuration
    configuration.user = "guest"
    let guest = TestDatabase(configuration: configuration)
    let tables = try guest.with { try SchemaInitializer($0).ensureOwnTables() }
    #expect(tables.hasRounds)
    #expect(!tables.hasRoundDetails)
    #expect(tables.reason?.code == .privileges)
    let stored = try await TestRound.store(TestRound.make(["1", "2"]), in: guest)
    #expect(stored.counts == [.success: 2])
    #expect(
      try database.rows("SELECT success FROM updraft_rounds ORDER BY performed_at") == ["1", "2"])
  }

  @Test func tablesOfANewerVersionAreRefusedByName() async throws {
    let database = try await TestDatabase.initialized()
    try database.execute("INSERT INTO updraft_schema VALUES (3)")
    let error = try #require(throws: StorageError.self) {
      try database.with { _ = try SchemaInitializer($0).initializeDatabase() }
    }
    #expect(error.description.contains("version 3"))
  }
}
