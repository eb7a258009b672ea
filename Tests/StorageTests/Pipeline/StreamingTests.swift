import Competition
import GatewayTestSupport
import Testing

@testable import Storage

/// Rounds that are copied while they are open.
@Suite(.timeLimit(.minutes(3))) struct StreamingTests {
  private let opening = TestRound.opening(["a", "b", "c"], absent: ["z"])
  private let big = SpooledWriter.answer("", bytes: 200_000)

  private func finish(_ round: OpenRound, _ answers: [String: String]) {
    round.close(SpooledWriter.closed(opening, answers))
  }

  @Test func answersAreCopiedWhileOthersAreAwaitedAndLeaveMemory() async throws {
    let game = try await SpooledWriter.make()
    let round = try #require(game.writer.open(opening))
    round.arrived([TestRound.outcome("a", big), TestRound.outcome("b", big)])
    try await game.test.wait("both answers are copied") { $0.queuedBytes < 10_000 }
    #expect(game.writer.statistics.spoolBytes > 400_000)
    // The transaction is open: nothing is seen, and nobody is in anybody's way.
    #expect(try game.database.rows("SELECT count(*) FROM predictions") == ["0"])
    try game.database.execute("SET lock_timeout TO '1s'; UPDATE models SET name = 'new'")
    #expect(try await game.writer.loadModels().count == 4)
    finish(round, ["a": big, "b": big, "c": "3"])
    let stored = try #require(await game.test.nextStored())
    #expect(stored.counts == [.success: 3, .absent: 1])
    #expect(
      try game.rows()
        == ["a|SUCCESS|\"xxxxx", "b|SUCCESS|\"xxxxx", "c|SUCCESS|3", "z|ABSENT|null"])
    #expect(game.writer.statistics.failedTries == 0)
    try await game.test.wait("the segment is removed") { $0.spoolRounds == 0 }
    #expect(await game.writer.stop() == RoundsLeft(spooled: 0, lost: 0))
    #expect(try game.spool.names() == [])
    #expect(
      try game.database.rows("SELECT breakers_closed, answer_bytes FROM updraft_rounds")
        == ["3|400005"])
  }

  @Test func withoutASpoolAnswersStayInMemoryUntilTheCommit() async throws {
    let test = try TestWriter(try await TestDatabase.initialized())
    let round = try #require(test.writer.open(opening))
    round.arrived([TestRound.outcome("a", big)])
    finish(round, ["a": big])
    #expect(await test.nextStored()?.counts == [.success: 1, .timeout: 2, .absent: 1])
    #expect(test.writer.statistics.queuedBytes == 0)
    await test.writer.stop()
  }

  @Test func refusedAnswersAndRowsInTheMiddleOfAStreamCostOnlyThemselves() async throws {
    let game = try await SpooledWriter.make()
    try game.database.execute(
      "ALTER TABLE predictions ADD CHECK (distributions::text NOT LIKE '%forbidden%')")
    let round = try #require(game.writer.open(opening))
    round.arrived([TestRound.outcome("a", "[NaN]"), TestRound.outcome("b", #""forbidden""#)])
    try await game.test.wait("the stream has begun") { $0.connections > 0 }
    // A lone surrogate: only PostgreSQL can tell that it takes it.
    finish(round, ["a": "[NaN]", "b": #""forbidden""#, "c": #""\ud800""#])
    let stored = try #require(await game.test.nextStored())
    #expect(stored.counts == [.success: 1, .failed: 2, .absent: 1])
    #expect(
      try game.rows()
        == ["a|FAILED|null", "b|FAILED|null", #"c|SUCCESS|"\ud80"#, "z|ABSENT|null"])
    #expect(
      try game.database.rows(
        "SELECT left(detail, 15) FROM updraft_failures ORDER BY prediction_id")
        == ["the answer can'", "the database re"])
    await game.writer.stop()
  }

  @Test func doubtfulAnswersAreAskedAboutAfterTheStream() async throws {
    let game = try await SpooledWriter.make()
    let round = try #require(game.writer.open(opening))
    let wide = "[" + String(repeating: "9", count: 400) + "]"
    round.arrived([TestRound.outcome("a", wide), TestRound.outcome("b", big)])
    try await game.test.wait("b is copied") { $0.queuedBytes < 10_000 }
    finish(round, ["a": wide, "b": big, "c": #""\ud800""#])
    #expect(await game.test.nextStored()?.counts == [.success: 3, .absent: 1])
    #expect(game.writer.statistics.failedTries == 0)
    await game.writer.stop()
  }

  @Test func warningsOfTheServerDoNotEndTheStream() async throws {
    let game = try await SpooledWriter.make()
    try game.database.execute(
      """
      CREATE FUNCTION warn() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        RAISE WARNING 'row of %', NEW.model_id; RETURN NEW;
      END $$;
      CREATE TRIGGER warn BEFORE INSERT ON predictions FOR EACH ROW EXECUTE FUNCTION warn()
      """)
    let round = try #require(game.writer.open(opening))
    for id in ["a", "b"] {
      round.arrived([TestRound.outcome(id, big)])
      try await game.test.wait("\(id) is copied") { $0.queuedBytes < 10_000 }
    }
    finish(round, ["a": big, "b": big, "c": "3"])
    #expect(await game.test.nextStored()?.counts == [.success: 3, .absent: 1])
    #expect(game.writer.statistics.failedTries == 0)
    await game.writer.stop()
  }

  @Test func aBackendKilledWhileARoundIsOpenStoresItOnceAtItsEnd() async throws {
    let game = try await SpooledWriter.make()
    let round = try #require(game.writer.open(opening))
    round.arrived([TestRound.outcome("a", big)])
    try await game.test.wait("a is copied") { $0.queuedBytes < 10_000 }
    try game.database.execute(
      """
      SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE query LIKE 'COPY predictions%' AND pid <> pg_backend_pid()
        AND datname = current_database()
      """)
    round.arrived([TestRound.outcome("b", big)])
    finish(round, ["a": big, "b": big])
    #expect(await game.test.nextStored()?.counts == [.success: 2, .timeout: 1, .absent: 1])
    #expect(game.writer.statistics.failedTries >= 1)
    #expect(
      try game.database.rows("SELECT count(*), count(DISTINCT id) FROM predictions") == ["4|4"])
    await game.writer.stop()
  }

  @Test func aTableThatIsLockedDelaysNoRoundAndIsWaitedFor() async throws {
    var configuration = try await TestDatabase.initialized().configuration
    configuration.lockTimeout = .milliseconds(100)
    let database = TestDatabase(configuration: configuration)
    let game = try SpooledWriter(database, try SpoolFixture())
    try database.with { holder in
      try holder.execute(
        "BEGIN; LOCK TABLE predictions IN ACCESS EXCLUSIVE MODE", doing: "lock the table")
      let begun = MonotonicInstant.now()
      for second in 0..<3 { #expect(try game.play(second: second)) }
      #expect(MonotonicInstant.now().since(begun) < .seconds(5))
      while game.writer.statistics.failedTries == 0 {
        #expect(MonotonicInstant.now().since(begun) < .seconds(30))
        if MonotonicInstant.now().since(begun) >= .seconds(30) { break }
      }
      #expect(game.writer.statistics.lastError?.contains("lock") == true)
      try holder.execute("COMMIT", doing: "let the table go")
    }
    #expect(await game.writer.drain(deadline: .now().advanced(by: .seconds(30))))
    await game.writer.stop()
    #expect(try database.rows("SELECT count(*) FROM predictions") == ["12"])
  }

  @Test func whoListensIsToldOfEachStoredRound() async throws {
    let game = try await SpooledWriter.make()
    try game.database.with { listener in
      try listener.execute("LISTEN updraft_round", doing: "listen")
      #expect(!listener.hasInput)
      #expect(try game.play(second: 1))
      let deadline = MonotonicInstant.now().advanced(by: .seconds(30))
      while !listener.hasInput, MonotonicInstant.now() < deadline {}
      #expect(listener.hasInput)
    }
    await game.writer.stop()
  }

  @Test func aNoticeSaysARoundInShort() async throws {
    let opening = RoundOpening(
      params: PredictionParams(
        asset: String(repeating: "\u{1}", count: 5_000), horizonSeconds: 60, stepSeconds: 1),
      performedAt: TestRound.start, timeout: .seconds(1), models: [], entries: [])
    let stored = StoredRound(PreparedRound(opening, memory: nil), at: .now())
    let notice = RoundNotice(
      crunchID: String(repeating: "\"", count: 5_000), shard: "1000/1000", logger: .silent)
    #expect(notice.payload(of: stored).text().utf8.count < RoundNotice.bytesMax)
    let usual = StoredRound(
      TestRound.prepared(SpooledWriter.closed(self.opening, ["a": "1", "b": "2"])), at: .now())
    #expect(
      RoundNotice(crunchID: "game", shard: "1/1", logger: .silent).payload(of: usual).text()
        .hasPrefix(
          #"{"round":"20261122_110154.820","crunch":"game","shard":"1/1","asset":"BTC","#
            + #""horizon":3600,"step":60,"counts":{"SUCCESS":2,"TIMEOUT":1,"ABSENT":1},"#
            + #""latency_ms":{"p50":1.235"#))
  }
}
