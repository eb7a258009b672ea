import Competition
import Testing

@testable import Storage

@Suite(.timeLimit(.minutes(2))) struct PartitionTests {
  private let now = TestRound.start

  @Test func aPartitionedTableHasTheSameColumnsAndIndexNames() async throws {
    let plain = try await TestDatabase.initialized()
    let parted = try await TestDatabase.partitioned(at: now)
    let columns = """
      SELECT attname, atttypid::regtype, attnotnull FROM pg_attribute
      WHERE attrelid = 'predictions'::regclass AND attnum > 0 ORDER BY attnum
      """
    #expect(try parted.rows(columns) == plain.rows(columns))
    let indexes = """
      SELECT indexname FROM pg_indexes WHERE tablename = 'predictions'
      ORDER BY indexname COLLATE "C"
      """
    #expect(try parted.rows(indexes) == plain.rows(indexes))
    #expect(
      try parted.rows(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'predictions_pkey'")
        == ["PRIMARY KEY (id, performed_at)"])
    #expect(try parted.with { try SchemaInspection($0).isPartitioned })
    #expect(try !plain.with { try SchemaInspection($0).isPartitioned })
  }

  @Test func initDBMakesTheComingWeekADefaultPartitionAndLZ4OnEach() async throws {
    let database = try await TestDatabase.empty()
    let report = try database.with {
      try SchemaInitializer($0).initializeDatabase(partitions: .day, at: now)
    }
    #expect(report.partitions.names.count == 8)
    #expect(report.partitions.names.first == "predictions_p20261122")
    #expect(report.partitions.coveredUntil?.iso8601 == "2026-11-30T00:00:00")
    #expect(report.partitions.reason == nil)
    let catalog = try database.with { try PartitionCatalog($0) }
    #expect(catalog.partitions.count == 9)
    #expect(catalog.defaultPartition?.name == "predictions_default")
    #expect(catalog.partitions.first?.from?.iso8601 == "2026-11-22T00:00:00")
    let tables = try database.with { try DistributionsCompression.tables($0) }
    #expect(tables.count == 10)
    #expect(tables.filter { !$0.isLZ4 } == [])
  }

  @Test func partitionsMadeLaterAreLZ4AndReferToTheModels() async throws {
    let database = try await TestDatabase.partitioned(.week, at: now)
    let later = now.advanced(by: .seconds(30 * 86_400))
    let made = try database.with { try PartitionMaker($0).makeAhead(at: later) }
    #expect(made.names == ["predictions_p20261221", "predictions_p20261228"])
    let again = try database.with { try PartitionMaker($0).makeAhead(at: later) }
    #expect(again.names == [])
    #expect(
      try database.with { try DistributionsCompression.tables($0).filter { !$0.isLZ4 } } == [])
    let error = try #require(throws: StorageError.self) {
      try database.execute(
        """
        INSERT INTO predictions VALUES ('x', 'nobody', 'BTC', 1, 1, 'SUCCESS', 1, 'null',
          '2026-12-22', '2026-12-22')
        """)
    }
    #expect(error.sqlState == "23503")
  }

  @Test func roundsAreStoredInTheirPartitionAndStayThereWhenStoredTwice() async throws {
    let database = try await TestDatabase.partitioned(at: now)
    let round = TestRound.make(["1", "2"])
    #expect(try await TestRound.store(round, in: database).rowCount == 2)
    #expect(try await TestRound.store(round, in: database).rowCount == 2)
    let late = TestRound.make(["1"], at: now.advanced(by: .seconds(-40 * 86_400)))
    #expect(try await TestRound.store(late, in: database).rowCount == 1)
    #expect(
      try database.rows(
        "SELECT tableoid::regclass, count(*) FROM predictions GROUP BY 1 ORDER BY 1")
        == ["predictions_default|1", "predictions_p20261122|2"])
    #expect(
      try database.with { try PredictionTable($0).lastPerformedAt() } == TestRound.start)
  }

  @Test func aWorkersStartMakesThePartitionsAndAPlainTableGetsNone() async throws {
    let old = UTCTime.now().advanced(by: .seconds(-60 * 86_400))
    let database = try await TestDatabase.partitioned(at: old)
    let test = try TestWriter(database)
    _ = try await test.writer.prepareDatabase()
    await test.writer.stop()
    let covered = try database.with { try PartitionCatalog($0).coveredUntil }
    #expect(try #require(covered) > UTCTime.now().advanced(by: .seconds(6 * 86_400)))
    let plain = try await TestDatabase.initialized()
    let made = try plain.with { try PartitionMaker($0).makeAhead(at: now) }
    #expect(made == PartitionsMade(names: [], coveredUntil: nil, reason: nil))
  }

  @Test func manyMakersAtOnceMakeEachPartitionOnce() async throws {
    let database = try await TestDatabase.partitioned(at: now)
    let later = now.advanced(by: .seconds(20 * 86_400))
    let names = try await withThrowingTaskGroup(of: [String].self) { group in
      for _ in 0..<4 {
        group.addTask { try database.with { try PartitionMaker($0).makeAhead(at: later).names } }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    #expect(names.count == 8)
    #expect(Set(names).count == 8)
  }

  @Test func aRangeWithRowsInTheDefaultPartitionIsSaidAndTheOthersAreMade() async throws {
    let database = try await TestDatabase.partitioned(at: now)
    let later = now.advanced(by: .seconds(20 * 86_400))
    try TestPredictions.insert(3, newest: later, scoredAfter: nil, in: database)
    let made = try database.with { try PartitionMaker($0).makeAhead(at: later) }
    #expect(made.names.count == 7)
    #expect(made.reason?.sqlState == "23514")
    #expect(made.coveredUntil?.iso8601 == "2026-12-20T00:00:00")
  }

  @Test func aReaderHoldsUpAttachingForAMomentOnly() async throws {
    let database = try await TestDatabase.partitioned(at: now)
    let later = now.advanced(by: .seconds(20 * 86_400))
    let made = try database.with { reader in
      try reader.execute("BEGIN; SELECT count(*) FROM predictions", doing: "read for long")
      return try database.with { try PartitionMaker($0).makeAhead(at: later) }
    }
    #expect(made.names == [])
    #expect(made.reason?.sqlState == "55P03")
    #expect(try database.with { try PartitionMaker($0).makeAhead(at: later) }.names.count == 8)
  }

  @Test func withoutOwnershipTheWorkerStartsAndTheReasonSaysWhy() async throws {
    let database = try await TestDatabase.partitioned(at: now)
    let guest = try database.asRole("parting_guest", granted: "SELECT, INSERT, UPDATE")
    let later = now.advanced(by: .seconds(20 * 86_400))
    let made = try guest.with { try PartitionMaker($0).makeAhead(at: later) }
    #expect(made.names == [])
    #expect(made.reason?.code == .privileges)
    #expect(made.reason?.description.contains("owner") == true)
  }

  @Test func aPlainTableIsNotConvertedAndTheHintSaysWhereToRead() async throws {
    let database = try await TestDatabase.initialized()
    let error = try #require(throws: StorageError.self) {
      try database.with { _ = try SchemaInitializer($0).initializeDatabase(partitions: .day) }
    }
    #expect(error.code == .schema)
    #expect(error.hint?.contains("docs/retention.md") == true)
  }

  @Test func timestamptzPartitionsAreReadAndContinued() async throws {
    let database = try await TestDatabase.partitioned(at: now)
    try database.execute(
      """
      DROP TABLE predictions;
      CREATE TABLE predictions (id varchar, model_id varchar, performed_at timestamptz,
        distributions json, PRIMARY KEY (id, performed_at)) PARTITION BY RANGE (performed_at);
      CREATE TABLE old PARTITION OF predictions FOR VALUES FROM (MINVALUE) TO ('2026-11-22 00:00Z');
      CREATE TABLE day PARTITION OF predictions
        FOR VALUES FROM ('2026-11-22 00:00Z') TO ('2026-11-23 00:00Z')
      """)
    let made = try database.with { try PartitionMaker($0).makeAhead(at: now) }
    #expect(made.names.first == "predictions_p20261123")
    #expect(made.names.count == 7)
    let catalog = try database.with { try PartitionCatalog($0) }
    #expect(catalog.partitions.first?.from == nil)
    #expect(catalog.partitions.first?.until?.iso8601 == "2026-11-22T00:00:00")
    #expect(catalog.coveredUntil?.iso8601 == "2026-11-30T00:00:00")
  }
}
