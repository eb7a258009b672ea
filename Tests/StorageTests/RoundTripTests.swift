import Competition
import Testing

@testable import Storage

@Suite(.timeLimit(.minutes(2))) struct RoundTripTests {
  static let predictions = """
    SELECT model_id, status, exec_time, distributions, performed_at, resolvable_at, score_value,
      score_success, score_failed_reason, score_scored_at
    FROM predictions ORDER BY id COLLATE "C"
    """

  @Test func everyColumnOfARoundArrives() async throws {
    let database = try await TestDatabase.initialized()
    let records = [
      TestRound.record("a", .success, answer: ByteView(#"[{"x": 1.50}]"#)),
      TestRound.record("b", .success),
      TestRound.record("c", .failed, answer: ByteView("ignored"), detail: "MODEL_FAILED: boom"),
      TestRound.record("d", .timeout, detail: "TIMEOUT: no answer in 60s"),
      TestRound.record("e", .absent),
    ]
    let round = TestRound.make(records, models: records.map(\.modelID))
    let stored = try await TestRound.store(round, in: database)
    #expect(stored.counts == [.success: 2, .failed: 1, .timeout: 1, .absent: 1])
    #expect(stored.rowCount == 5)
    #expect(stored.performedAt == TestRound.start)
    #expect(stored.failures.map(\.modelID.rawValue) == ["c", "d"])
    #expect(stored.failures.map(\.source) == [.call, .call])
    let times = "2026-11-22 11:01:54.82|2026-11-22 12:01:54.82|∅|∅|∅|∅"
    #expect(
      try database.rows(Self.predictions) == [
        #"a|SUCCESS|1234.5|[{"x": 1.50}]|"# + times, "b|SUCCESS|1234.5|null|" + times,
        "c|FAILED|1234.5|null|" + times, "d|TIMEOUT|1234.5|null|" + times,
        "e|ABSENT|0|null|" + times,
      ])
    #expect(
      try database.rows("SELECT id, asset, horizon, step FROM predictions WHERE model_id = 'a'")
        == ["PRE_a_20261122_110154.820|BTC|3600|60"])
    #expect(
      try database.rows("SELECT * FROM updraft_failures ORDER BY prediction_id") == [
        "PRE_c_20261122_110154.820|MODEL_FAILED: boom",
        "PRE_d_20261122_110154.820|TIMEOUT: no answer in 60s",
      ])
    #expect(
      try database.rows(
        "SELECT performed_at, shard, asset, horizon, step, wall_ms, success, failed, timeout, "
          + "absent FROM updraft_rounds")
        == ["2026-11-22 11:01:54.82|1/1|BTC|3600|60|12|2|1|1|1"])
    #expect(
      try database.rows(
        "SELECT name, deployment_identifier, player_crunch_identifier, player_name, "
          + "overall_score_recent FROM models WHERE crunch_identifier = 'a'")
        == ["name of a|d-a|p-a|player a|∅"])
  }

  @Test func timestamptzColumnsHoldTheSameInstants() async throws {
    let database = try await TestDatabase.initialized()
    try database.execute(
      """
      ALTER TABLE predictions ALTER performed_at TYPE timestamptz,
        ALTER resolvable_at TYPE timestamptz, ALTER score_scored_at TYPE timestamptz;
      ALTER DATABASE "\(database.configuration.database ?? "")" SET TimeZone TO 'Asia/Tokyo'
      """)
    _ = try await TestRound.store(TestRound.make(["1"]), in: database)
    #expect(
      try database.rows("SELECT performed_at, resolvable_at FROM predictions")
        == ["2026-11-22 11:01:54.82+00|2026-11-22 12:01:54.82+00"])
  }

  @Test func aRoundIsStoredWithoutOurOwnTables() async throws {
    let database = try await TestDatabase.initialized()
    try database.execute("DROP TABLE updraft_rounds, updraft_failures, updraft_prices")
    let stored = try await TestRound.store(TestRound.make(["1", "NaN"]), in: database)
    #expect(stored.counts == [.success: 1, .failed: 1])
  }

  @Test func answersLargerThanAChunkArriveWhole() async throws {
    let database = try await TestDatabase.initialized()
    let text = #"""# + String(repeating: "0123456789abcdef", count: 200_000) + #"""#
    let stored = try await TestRound.store(TestRound.make([text, "2", text]), in: database)
    #expect(stored.counts == [.success: 3])
    #expect(
      try database.rows("SELECT length(distributions::text) FROM predictions ORDER BY id")
        == ["3200002", "1", "3200002"])
  }

  @Test func aRoundWithoutRecordsStoresItsStatistics() async throws {
    let database = try await TestDatabase.initialized()
    let stored = try await TestRound.store(TestRound.make([String]()), in: database)
    #expect(stored.rowCount == 0)
    #expect(try database.rows("SELECT count(*) FROM updraft_rounds") == ["1"])
  }

  @Test func roundsAreStoredInTheirOrderAndTheWriterDrains() async throws {
    let database = try await TestDatabase.initialized()
    let test = try TestWriter(database)
    for second in 0..<20 {
      let at = TestRound.start.advanced(by: .seconds(second))
      test.writer.enqueue(TestRound.make(["1", "2"], at: at))
    }
    #expect(await test.writer.drain(deadline: .now().advanced(by: .seconds(60))))
    let statistics = test.writer.statistics
    #expect(statistics.storedRounds == 20)
    #expect(statistics.storedRows == 40)
    #expect(statistics.queuedRounds == 0)
    #expect(statistics.queuedBytes == 0)
    #expect(statistics.connections == 1)
    #expect(statistics.isConnected)
    #expect(statistics.threadCPUTime > .zero)
    for second in 0..<20 {
      let stored = await test.nextStored()
      #expect(stored?.performedAt == TestRound.start.advanced(by: .seconds(second)))
    }
    #expect(await test.writer.stop() == RoundsLeft(spooled: 0, lost: 0))
    #expect(try database.rows("SELECT count(*) FROM predictions") == ["40"])
  }

  @Test func requestsShareASessionOfTheirOwnAndLeaveNoTransactionBehind() async throws {
    let database = try await TestDatabase.initialized()
    let writer = try RoundWriter(database.configuration, logger: .silent)
    let preparation = try await writer.prepareDatabase()
    #expect(preparation.inspection.timeColumnType == .timestamp)
    #expect(preparation.ownTables.hasRounds)
    #expect(preparation.compression == .alreadySet)
    #expect(try await writer.loadConfigs().count == 8)
    #expect(try await writer.lastPerformedAt() == nil)
    try await writer.perform { try $0.execute("BEGIN; SELECT 1", doing: "leave a transaction") }
    let isOpen = try await writer.perform { $0.isInTransaction }
    #expect(!isOpen)
    writer.enqueue(TestRound.make(["1"]))
    #expect(await writer.drain(deadline: .now().advanced(by: .seconds(60))))
    #expect(try await writer.loadModels() == [TestRound.row(ModelID("m0"))])
    #expect(try await writer.lastPerformedAt() == TestRound.start)
    #expect(writer.statistics.connections == 2)
    await writer.stop()
    await #expect(throws: StorageError.self) { try await writer.loadConfigs() }
    #expect(!writer.enqueue(TestRound.make(["1"])))
  }
}
