import Competition
import Testing

@testable import Storage

@Suite(.timeLimit(.minutes(3))) struct PartitionDropTests {
  private static let start = UTCTime(secondsSinceEpoch: 1_790_000_000)
  private static let day = TestPredictions.day

  /// A month and ten days after the partitions begin.
  private static let now = start.advanced(by: day * 40)

  /// Days 0 to 7 have partitions.
  private func database() async throws -> TestDatabase {
    try await TestDatabase.partitioned(at: Self.start)
  }

  private func insert(
    _ count: Int, day: Int, scoredAfter: Duration? = .seconds(3_600), in database: TestDatabase,
    model: String = "m"
  ) throws {
    try TestPredictions.insert(
      count, newest: Self.start.advanced(by: Self.day * day), scoredAfter: scoredAfter,
      in: database, model: model)
  }

  private func prune(
    _ database: TestDatabase, at now: UTCTime = PartitionDropTests.now
  ) throws -> RetentionReport {
    try database.with {
      try Retention($0, limits: RetentionLimits(), pauseMin: .zero).prune(at: now)
    }
  }

  private func partitions(_ database: TestDatabase) throws -> [String] {
    try database.with { try PartitionCatalog($0).partitions.map(\.name) }
  }

  private func name(_ day: Int) -> String {
    let start = PartitionSpan.day.start(of: Self.start.advanced(by: Self.day * day))
    return PartitionMaker.name(of: start..<start)
  }

  @Test func partitionsThatAreWhollyOldAreDroppedWithTheirReasons() async throws {
    let database = try await database()
    for day in 0..<8 { try insert(40, day: day, in: database) }
    // 35 days later days 0 to 3 are over a month old.
    let report = try prune(database, at: Self.start.advanced(by: Self.day * 35))
    #expect(report.droppedPartitions.map(\.name) == (0..<5).map(name))
    #expect(report.droppedPartitions.allSatisfy { $0.bytes > 8_192 })
    #expect(report.deletedRows == [:])
    #expect(report.problems == [])
    #expect(report.madePartitions.count == 8)
    #expect(try partitions(database).first == name(5))
    #expect(try TestPredictions.count(database) == 120)
    #expect(try TestPredictions.count(database, "updraft_failures") == 30)
    #expect(
      try database.rows(
        "SELECT count(*) FROM updraft_failures "
          + "WHERE prediction_id NOT IN (SELECT id FROM predictions)"
      ) == ["0"])
  }

  @Test func aPartitionWithAnUnscoredRowStaysAndItsOldRowsGoOneByOneLater() async throws {
    let database = try await database()
    try insert(40, day: 1, in: database)
    try insert(2, day: 1, scoredAfter: nil, in: database, model: "late")
    let soon = try prune(database, at: Self.start.advanced(by: Self.day * 33))
    #expect(soon.rowCount == 0)
    #expect(try partitions(database).contains(name(1)))
    let later = try prune(database)
    #expect(later.deletedRows == [.predictions: 40])
    #expect(try partitions(database).contains(name(1)))
    #expect(try database.rows("SELECT DISTINCT model_id FROM predictions") == ["late"])
  }

  @Test func theDefaultPartitionLosesItsOldRowsOneByOne() async throws {
    let database = try await database()
    try insert(20, day: -5, in: database)
    try insert(3, day: -4, scoredAfter: nil, in: database)
    let report = try prune(database)
    #expect(report.deletedRows == [.predictions: 20])
    #expect(
      try database.rows("SELECT count(*) FROM predictions_default") == ["3"])
  }

  @Test func aConcurrentReaderIsNotDisturbedAndThePartitionGoesTheNextTime() async throws {
    let database = try await database()
    try insert(40, day: 0, in: database)
    let soon = Self.start.advanced(by: Self.day * 32)
    let first = try database.with { reader in
      try reader.execute("BEGIN", doing: "read")
      #expect(try reader.query("SELECT id FROM predictions", doing: "read").count == 40)
      let report = try prune(database, at: soon)
      #expect(try reader.query("SELECT id FROM predictions", doing: "read").count == 40)
      return report
    }
    #expect(first.droppedPartitions == [])
    #expect(first.rowCount == 0)
    // One for the partitions to make, one for those to drop.
    #expect(first.problems.map(\.sqlState) == ["55P03", "55P03"])
    #expect(first.problems.last?.description.contains("pg_locks") == true)
    let second = try prune(database, at: soon)
    #expect(second.droppedPartitions.map(\.name) == [name(0), name(1)])
    #expect(second.problems == [])
    #expect(try TestPredictions.count(database) == 0)
  }

  @Test func aDetachedPartitionIsDroppedByTheNextPruning() async throws {
    let database = try await database()
    try insert(8, day: 0, in: database)
    try database.execute(
      """
      ALTER TABLE predictions DETACH PARTITION \(name(0));
      COMMENT ON TABLE \(name(0)) IS '\(PartitionCatalog.leftoverComment)'
      """)
    #expect(try database.with { try PartitionCatalog($0).leftovers } == [name(0)])
    let report = try prune(database, at: Self.start.advanced(by: Self.day * 32))
    #expect(report.droppedPartitions.map(\.name).contains(name(0)))
    #expect(try TestPredictions.count(database, "updraft_failures") == 0)
    #expect(try database.with { try PartitionCatalog($0).leftovers } == [])
  }

  @Test func aDetachedPartitionWithUnscoredRowsIsKeptAndSaid() async throws {
    let database = try await database()
    try insert(4, day: 0, scoredAfter: nil, in: database)
    try database.execute(
      """
      ALTER TABLE predictions DETACH PARTITION \(name(0));
      COMMENT ON TABLE \(name(0)) IS '\(PartitionCatalog.leftoverComment)'
      """)
    let report = try prune(database)
    #expect(report.problems.count == 1)
    #expect(report.problems.first?.hint?.contains("ATTACH PARTITION public.\(name(0))") == true)
    #expect(try TestPredictions.count(database, name(0)) == 4)
  }

  @Test func withoutADefaultPartitionNobodyIsLockedOut() async throws {
    let database = try await database()
    try database.execute("DROP TABLE predictions_default")
    try insert(40, day: 0, in: database)
    try insert(40, day: 7, in: database)
    // A reader's open transaction would hold up a plain DETACH; it is over its query only.
    let report = try prune(database, at: Self.start.advanced(by: Self.day * 32))
    #expect(report.droppedPartitions.map(\.name) == [name(0), name(1)])
    #expect(report.problems == [])
    #expect(try TestPredictions.count(database) == 40)
  }

  @Test func aHalfDoneConcurrentDetachIsFinished() async throws {
    let database = try await database()
    try database.execute("DROP TABLE predictions_default")
    try insert(4, day: 0, in: database)
    try database.with { reader in
      try reader.execute("BEGIN; SELECT count(*) FROM predictions", doing: "read for long")
      try database.with { operatorSession in
        try operatorSession.execute("SET lock_timeout TO '200ms'", doing: "set up")
        let error = try #require(throws: StorageError.self) {
          try operatorSession.execute(
            "ALTER TABLE predictions DETACH PARTITION \(name(0)) CONCURRENTLY", doing: "detach")
        }
        #expect(error.sqlState == "55P03")
      }
    }
    #expect(
      try database.with { try PartitionCatalog($0).partitions.filter(\.isDetaching).count } == 1)
    let report = try prune(database)
    #expect(report.droppedPartitions.map(\.name).contains(name(0)))
    #expect(report.problems == [])
  }

  @Test func aForecastNamesThePartitionsAndDropsNone() async throws {
    let database = try await database()
    try insert(40, day: 0, in: database)
    try insert(5, day: -5, in: database)
    try database.execute("ANALYZE")
    let forecast = try database.with {
      try Retention($0).forecast(at: Self.start.advanced(by: Self.day * 32))
    }
    #expect(forecast.prefix(2).map(\.subject) == [name(0), name(1)])
    #expect(forecast.map(\.isPartition).prefix(3) == [true, true, false])
    #expect(forecast.first?.rows == 40)
    #expect(forecast.first { $0.subject == "predictions" }?.rows == 5)
    #expect(try TestPredictions.count(database) == 45)
    #expect(try partitions(database).count == 9)
  }

  @Test func roundsAreCopiedWhilePartitionsComeAndGo() async throws {
    let database = try await database()
    for day in 0..<8 { try insert(200, day: day, in: database) }
    _ = try database.with { try PartitionMaker($0).makeAhead(at: Self.now) }
    let test = try TestWriter(database)
    async let pruned = Task.detached { try prune(database) }.value
    var rows = 0
    for second in 0..<40 {
      let at = Self.now.advanced(by: .seconds(second))
      test.writer.enqueue(TestRound.make(["1", "2", "3"], at: at))
      rows += await test.nextStored()?.rowCount ?? 0
    }
    #expect(rows == 120)
    let statistics = test.writer.statistics
    #expect(statistics.failedTries == 0, "\(statistics.lastError ?? "")")
    _ = try await pruned
    await test.writer.stop()
    // What a busy moment left over goes the next time.
    #expect(try prune(database).problems == [])
    #expect(try TestPredictions.count(database) == 120)
  }
}
