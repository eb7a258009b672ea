import Competition
import GatewayTestSupport
import Testing

@testable import Storage

@Suite(.timeLimit(.minutes(3))) struct DatabaseFaultTests {
  @Test func aBackendKilledInTheMiddleOfACopyStoresTheRoundOnce() async throws {
    let database = try await TestDatabase.initialized()
    // A sequence survives the rollback, so that only the first try is killed.
    try database.execute(
      """
      CREATE SEQUENCE tries;
      CREATE FUNCTION die_once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF NEW.model_id = 'm7' AND nextval('tries') = 1 THEN
          PERFORM pg_terminate_backend(pg_backend_pid());
        END IF;
        RETURN NEW;
      END $$;
      CREATE TRIGGER die_once BEFORE INSERT ON predictions
        FOR EACH ROW EXECUTE FUNCTION die_once()
      """)
    let test = try TestWriter(database)
    let answer = #"""# + String(repeating: "x", count: 50_000) + #"""#
    test.writer.enqueue(TestRound.make(Array(repeating: answer, count: 60)))
    let stored = try #require(await test.nextStored())
    #expect(stored.counts == [.success: 60])
    #expect(test.writer.statistics.connections == 2)
    #expect(test.writer.statistics.failedTries == 1)
    #expect(test.writer.statistics.lastError?.contains("copy predictions") == true)
    await test.writer.stop()
    #expect(try database.rows("SELECT count(*) FROM predictions") == ["60"])
    #expect(try database.rows("SELECT last_value FROM tries") == ["2"])
  }

  @Test func rowsThatAnEarlierTryCommittedAreNotStoredAgain() async throws {
    let database = try await TestDatabase.initialized()
    let round = TestRound.make(["0", "1", "2"])
    _ = try await TestRound.store(round, in: database)
    try database.execute("DELETE FROM predictions WHERE model_id = 'm1'")
    try database.with { connection in
      let ownTables = try SchemaInitializer(connection).ownTables()
      let store = RoundStore(
        answers: AnswerCheck(limits: Limits(), checksShape: false), shard: "1/1", logger: .silent)
      for mayBeStored in [true, false] {
        var prepared = TestRound.prepared(round)
        prepared.mayBeStored = mayBeStored
        try store.store(&prepared, on: connection, ownTables: ownTables)
        #expect(prepared.count(.success) == 3)
      }
    }
    #expect(try database.rows("SELECT count(*) FROM predictions") == ["3"])
    #expect(try database.rows("SELECT count(*) FROM updraft_rounds") == ["1"])
  }

  @Test func roundsWaitWhileTheServerIsDownAndAreStoredWhenItIsBack() async throws {
    let server = try await ScratchPostgres.start(.forTests)
    let database = TestDatabase(configuration: server.configuration)
    _ = try database.with { try SchemaInitializer($0).initializeDatabase() }
    let test = try TestWriter(database)
    test.writer.enqueue(TestRound.make(["1"]))
    _ = await test.nextStored()
    await server.halt(.immediate)
    for second in 1...3 {
      let at = TestRound.start.advanced(by: .seconds(second))
      #expect(test.writer.enqueue(TestRound.make(["1", "2"], at: at)))
    }
    let error = await #expect(throws: StorageError.self) { try await test.writer.loadConfigs() }
    #expect(error?.code == .unreachable)
    #expect(test.writer.statistics.queuedRounds == 3)
    #expect(!test.writer.statistics.isConnected)
    #expect(await !test.writer.drain(deadline: .now()))
    try await server.launch()
    #expect(await test.writer.drain(deadline: .now().advanced(by: .seconds(60))))
    await test.writer.stop()
    #expect(try database.rows("SELECT count(*) FROM predictions") == ["7"])
    await server.stop()
  }

  @Test func stoppingEndsAStatementThatAFrozenServerNeverAnswers() async throws {
    let server = try await ScratchPostgres.start(.forTests)
    let database = TestDatabase(configuration: server.configuration)
    _ = try database.with { try SchemaInitializer($0).initializeDatabase() }
    let writer = try RoundWriter(server.configuration, logger: .silent)
    #expect(try await writer.loadConfigs().count == 8)
    server.suspend()
    writer.enqueue(TestRound.make(["1"]))
    let started = MonotonicInstant.now()
    #expect(await writer.stop().lost == 1)
    #expect(MonotonicInstant.now().since(started) < .seconds(5))
    await server.stop()
  }

  @Test func aFrozenServerEndsAStatementAtItsDeadline() async throws {
    let server = try await ScratchPostgres.start(.forTests)
    var configuration = server.configuration
    configuration.statementTimeout = .milliseconds(200)
    let connection = try PostgresConnection(configuration, logger: .silent)
    defer { connection.close() }
    let slow = try #require(throws: StorageError.self) {
      try connection.execute("SELECT pg_sleep(60)", doing: "wait")
    }
    #expect(slow.sqlState == "57014")
    #expect(connection.isUsable)
    server.suspend()
    let frozen = try #require(throws: StorageError.self) {
      try connection.execute("SELECT 1", doing: "ask a frozen server")
    }
    #expect(frozen.code == .timedOut)
    #expect(!connection.isUsable)
    await server.stop()
  }

  @Test func aMissingSchemaIsWaitedForAndSaysWhatToDo() async throws {
    let database = try await TestDatabase.empty()
    let test = try TestWriter(database)
    test.writer.enqueue(TestRound.make(["1"]))
    #expect(await !test.writer.drain(deadline: .now().advanced(by: .milliseconds(300))))
    #expect(test.writer.statistics.lastError?.contains("updraft init-db") == true)
    _ = try database.with { try SchemaInitializer($0).initializeDatabase() }
    #expect(await test.nextStored()?.counts == [.success: 1])
    await test.writer.stop()
  }
}
