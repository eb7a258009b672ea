import Competition
import Testing

@testable import Storage

@Suite(.timeLimit(.minutes(2))) struct PruningTests {
  private static let month = Duration.seconds(30 * 86_400)

  /// Rows a second apart, the newest `age` before `now`.
  private func insert(
    _ count: Int, before now: UTCTime, by age: Duration, in database: TestDatabase
  ) throws {
    let newest = now.advanced(by: .zero - age).iso8601
    try database.execute(
      """
      INSERT INTO updraft_rounds (performed_at, shard, asset, horizon, step, wall_ms, success,
        failed, timeout, absent, stored_at)
      SELECT '\(newest)'::timestamp - n * interval '1 s', '1/1', 'BTC', 60, 1, 5, 1, 0, 0, 0, now()
      FROM generate_series(0, \(count - 1)) AS n
      """)
  }

  private func count(_ database: TestDatabase) throws -> [String] {
    try database.rows("SELECT count(*) FROM updraft_rounds")
  }

  @Test func aBatchTakesTheOldestRowsOnlyAndTheLastIsShort() async throws {
    let database = try await TestDatabase.initialized()
    let now = UTCTime.now()
    try insert(250, before: now, by: .seconds(31 * 86_400), in: database)
    try insert(7, before: now, by: .seconds(29 * 86_400), in: database)
    let pruner = RoundPruner(keepsFor: Self.month)
    let oldest = "SELECT count(*) FROM updraft_rounds WHERE performed_at < now() - interval '31 d'"
    let counts = try database.with { connection in
      try (0..<3).map { _ in try pruner.deleteBatch(on: connection, at: now) }
    }
    #expect(counts == [200, 50, 0])
    #expect(try database.rows(oldest) == ["0"])
    #expect(try count(database) == ["7"])
  }

  @Test func rowsThatSomebodyHoldsAreLeftAndNotWaitedFor() async throws {
    let database = try await TestDatabase.initialized()
    let now = UTCTime.now()
    try insert(10, before: now, by: .seconds(31 * 86_400), in: database)
    let deleted = try database.with { holder in
      try holder.execute(
        "BEGIN; SELECT FROM updraft_rounds ORDER BY performed_at LIMIT 4 FOR UPDATE",
        doing: "hold rows")
      return try database.with {
        try RoundPruner(keepsFor: Self.month).deleteBatch(on: $0, at: now)
      }
    }
    #expect(deleted == 6)
    #expect(try count(database) == ["4"])
  }

  @Test func aWriterPrunesBatchByBatchAndKeepsWhatItStores() async throws {
    let database = try await TestDatabase.initialized()
    try insert(450, before: .now(), by: .seconds(31 * 86_400), in: database)
    var options = RoundWriterOptions()
    options.roundsKeptFor = Self.month
    let test = try TestWriter(database, options: options)
    test.writer.enqueue(TestRound.make(["1"], at: .now()))
    _ = await test.nextStored()
    let deadline = MonotonicInstant.now().advanced(by: .seconds(60))
    while test.writer.statistics.prunedRounds < 450, MonotonicInstant.now() < deadline {
      // A request lets a batch go by; it comes before the next one.
      _ = try await test.writer.loadModels()
    }
    #expect(test.writer.statistics.prunedRounds == 450)
    #expect(test.writer.statistics.failedTries == 0)
    await test.writer.stop()
    #expect(try count(database) == ["1"])
  }

  @Test func pruningWaitsForRequestsAndTheDatabase() {
    let now = MonotonicInstant(nanoseconds: 1_000_000_000)
    var state = RequestState()
    func next() -> String {
      switch state.nextWork(at: now) {
      case .ready(.pruning): "pruning"
      case .ready(.requests): "requests"
      case .ready(.end): "end"
      case .wait(until: let instant): "wait \(instant.map { $0.nanoseconds } ?? 0)"
      }
    }
    #expect(next() == "wait 0")
    state.pruneAt = now
    #expect(next() == "wait 0")
    state.isConnected = true
    #expect(next() == "pruning")
    state.requests.append { _ in }
    #expect(next() == "requests")
    state.pruneAt = now.advanced(by: .seconds(3))
    #expect(next() == "wait 4000000000")
    state.isStopping = true
    #expect(next() == "end")
  }

  @Test func aWriterThatMayNotDeleteGoesOnStoring() async throws {
    let database = try await TestDatabase.initialized()
    try database.execute(
      """
      CREATE ROLE keeper LOGIN;
      GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO keeper
      """)
    var configuration = database.configuration
    configuration.user = "keeper"
    var options = RoundWriterOptions()
    options.roundsKeptFor = Self.month
    let test = try TestWriter(TestDatabase(configuration: configuration), options: options)
    _ = try await test.writer.loadModels()
    for second in 0..<3 {
      let at = TestRound.start.advanced(by: .seconds(second))
      test.writer.enqueue(TestRound.make(["1"], at: at))
      #expect(await test.nextStored()?.rowCount == 1)
    }
    await test.writer.stop()
    #expect(test.writer.statistics.prunedRounds == 0)
    #expect(try count(database) == ["3"])
  }
}
