import Competition
import Foundation
import Glibc
import Testing

@testable import Storage

/// What is stored of rounds that a worker left in its spool.
@Suite(.timeLimit(.minutes(3))) struct ReplayTests {
  private let spool: SpoolFixture
  private let opening = TestRound.opening(["a", "b", "c"], absent: ["z"])

  init() throws { spool = try SpoolFixture() }

  private func answer(_ index: Int, _ value: String) -> SpooledAnswer {
    SpooledAnswer(
      index: index, status: .success, execTimeMicros: 5, wasSent: true, detail: nil,
      value: ByteView(value))
  }

  /// Leaves a segment as a worker that died: after so many answers, with or without the end.
  private func leave(
    _ opening: RoundOpening? = nil, answers: [String], isClosed: Bool = false
  ) throws -> SegmentFile {
    let left = try spool.open()
    defer { left.close() }
    let writer = try left.begin(opening ?? self.opening)
    _ = try writer.append(answers.enumerated().map { answer($0, $1) })
    if isClosed {
      let missing = (answers.count..<3).map {
        SpooledAnswer(
          index: $0, status: .timeout, execTimeMicros: 9, wasSent: true,
          detail: "DEADLINE_EXCEEDED: late", value: nil)
      }
      _ = try writer.append(missing)
      try writer.close(
        RoundClosing(wallTime: .seconds(2), panic: nil, breakers: [.closed, .open, nil, nil]))
    }
    return writer.file
  }

  /// Stores what was left with a new writer; gives the rows and its last statistics.
  private func replay(
    in database: TestDatabase
  ) async throws -> (rows: [String], statistics: RoundWriterStatistics) {
    let game = try SpooledWriter(database, spool)
    #expect(await game.writer.drain(deadline: .now().advanced(by: .seconds(60))))
    #expect(await game.writer.stop() == RoundsLeft(spooled: 0, lost: 0))
    return (try game.rows(), game.writer.statistics)
  }

  @Test func aRoundThatOnlyOpenedGivesEveryModelItsRow() async throws {
    let database = try await TestDatabase.initialized()
    _ = try leave(answers: [])
    let (rows, statistics) = try await replay(in: database)
    #expect(rows == ["a|FAILED|null", "b|FAILED|null", "c|FAILED|null", "z|ABSENT|null"])
    #expect(
      try database.rows("SELECT DISTINCT split_part(detail, ':', 1) FROM updraft_failures")
        == ["RESTARTED"])
    #expect(statistics.replayedRounds == 1)
    #expect(statistics.replayingRounds == 0)
    #expect(try spool.names() == [])
  }

  @Test func whatHadArrivedIsStoredAndWhatHadNotFails() async throws {
    let database = try await TestDatabase.initialized()
    _ = try leave(answers: ["[1]", "NaN"])
    let (rows, statistics) = try await replay(in: database)
    #expect(rows == ["a|SUCCESS|[1]", "b|FAILED|null", "c|FAILED|null", "z|ABSENT|null"])
    #expect(statistics.refusedAnswers == 1)
  }

  @Test func aClosedRoundKeepsItsNumbers() async throws {
    let database = try await TestDatabase.initialized()
    _ = try leave(answers: ["[1]", "[2]"], isClosed: true)
    let (rows, _) = try await replay(in: database)
    #expect(rows == ["a|SUCCESS|[1]", "b|SUCCESS|[2]", "c|TIMEOUT|null", "z|ABSENT|null"])
    #expect(
      try database.rows("SELECT wall_ms, breakers_closed, breakers_open FROM updraft_rounds")
        == ["2000|1|1"])
  }

  @Test func aRoundWhoseCommitWasNeverAnsweredIsNotStoredAgain() async throws {
    let database = try await TestDatabase.initialized()
    _ = try leave(answers: ["[1]", "[2]"], isClosed: true)
    _ = try await replay(in: database)
    // The same file once more; one row has been lost since, which a replay brings back.
    try database.execute("DELETE FROM predictions WHERE model_id = 'b'")
    _ = try leave(answers: ["[1]", "[2]"], isClosed: true)
    let (rows, statistics) = try await replay(in: database)
    #expect(rows == ["a|SUCCESS|[1]", "b|SUCCESS|[2]", "c|TIMEOUT|null", "z|ABSENT|null"])
    #expect(statistics.droppedRows == 0)
    #expect(statistics.refusedAnswers == 0)
    #expect(try database.rows("SELECT count(*) FROM updraft_rounds") == ["1"])
  }

  @Test func rowsThatAreInTheTableGetNoReasonsFromASpoolThatHasLess() async throws {
    let database = try await TestDatabase.initialized()
    _ = try leave(answers: ["[1]", "[2]"], isClosed: true)
    _ = try await replay(in: database)
    // A worker whose spool was full: it stored the round from memory, and died before it removed
    // the segment, which has the header alone.
    _ = try leave(answers: [])
    let (rows, _) = try await replay(in: database)
    #expect(rows == ["a|SUCCESS|[1]", "b|SUCCESS|[2]", "c|TIMEOUT|null", "z|ABSENT|null"])
    #expect(
      try database.rows("SELECT prediction_id, detail FROM updraft_failures")
        == ["PRE_c_\(TestRound.start.compactMilliseconds)|DEADLINE_EXCEEDED: late"])
  }

  @Test func rowsThatADeadWorkersCommitStillBringsAreNeitherDoubledNorRefused() async throws {
    let database = try await TestDatabase.initialized()
    _ = try leave(answers: ["[1]", "[2]"], isClosed: true)
    try database.execute(
      """
      INSERT INTO models (crunch_identifier, name, deployment_identifier,
        player_crunch_identifier, player_name)
      SELECT m, '', '', '', '' FROM unnest('{a,b}'::text[]) m
      """)
    let id = { (model: String) in "PRE_\(model)_\(TestRound.start.compactMilliseconds)" }
    let game = try database.with { dead in
      try dead.execute(
        """
        BEGIN; INSERT INTO predictions (id, model_id, asset, horizon, step, status, exec_time,
          distributions, performed_at, resolvable_at)
        SELECT id, m, 'BTC', 3600, 60, 'SUCCESS', 5, '[7]', '2026-11-22 11:01:54.82',
          '2026-11-22 12:01:54.82'
        FROM (VALUES ('a', '\(id("a"))'), ('b', '\(id("b"))')) AS rows (m, id)
        """, doing: "be a worker that dies")
      let game = try SpooledWriter(database, spool)
      // Its COPY waits for the dead worker's transaction.
      let deadline = MonotonicInstant.now().advanced(by: .seconds(30))
      let waiting = """
        SELECT count(*) FROM pg_stat_activity
        WHERE wait_event_type = 'Lock' AND query LIKE 'COPY predictions%'
          AND datname = current_database()
        """
      while try database.rows(waiting) != ["1"], MonotonicInstant.now() < deadline {}
      #expect(try database.rows(waiting) == ["1"])
      try dead.execute("COMMIT", doing: "be a worker that dies")
      return game
    }
    #expect(await game.writer.drain(deadline: .now().advanced(by: .seconds(60))))
    #expect(await game.writer.stop() == RoundsLeft(spooled: 0, lost: 0))
    #expect(
      try game.rows() == ["a|SUCCESS|[7]", "b|SUCCESS|[7]", "c|TIMEOUT|null", "z|ABSENT|null"])
    #expect(game.writer.statistics.droppedRows == 0)
    #expect(game.writer.statistics.failedTries == 0)
  }

  @Test func rowsThatNoFormOfIsTakenAreInTheRejectFileOnly() async throws {
    let database = try await TestDatabase.initialized()
    try database.execute("CREATE UNIQUE INDEX ON predictions (performed_at) WHERE asset = 'BTC'")
    _ = try leave(answers: ["[1]", "[2]"], isClosed: true)
    let (rows, statistics) = try await replay(in: database)
    #expect(rows == ["a|SUCCESS|[1]"])
    #expect(statistics.droppedRows == 3)
    #expect(statistics.rejectedRows == 3)
    #expect(try spool.names() == ["rejects.jsonl"])
    let text = try String(contentsOfFile: "\(spool.directory)/rejects.jsonl", encoding: .utf8)
    #expect(text.split(separator: "\n").count == 3)
    #expect(text.contains("[2]") && text.contains("unique constraint"))
  }

  @Test func aDamagedAnswerCostsItsRowOnly() async throws {
    let database = try await TestDatabase.initialized()
    let file = try leave(answers: ["[1]", "[22222222]"], isClosed: true)
    let length = try OpenFile.open(file).byteCount()
    let bytes = try OpenFile.open(file).bytes(at: 0, count: length)
    let place = try #require(
      (8..<length).first { bytes[($0 - 8)..<$0] == ArraySlice("22222222".utf8) })
    let descriptor = Glibc.open(file.path, O_WRONLY)
    try #require(pwrite(descriptor, "3", 1, place - 1) == 1)
    Glibc.close(descriptor)
    let (rows, statistics) = try await replay(in: database)
    #expect(rows == ["a|SUCCESS|[1]", "b|FAILED|null", "c|TIMEOUT|null", "z|ABSENT|null"])
    #expect(statistics.damagedRecords >= 1)
    #expect(
      try database.rows(
        "SELECT split_part(detail, ':', 1) FROM updraft_failures WHERE prediction_id LIKE 'PRE_b%'")
        == ["SPOOL_DAMAGED"])
  }

  /// Between the reading of the round, which checks everything, and the copy.
  @Test func anAnswerThatGoesBadBeforeItIsCopiedCostsItsRowOnly() async throws {
    let database = try await TestDatabase.initialized()
    let file = try leave(answers: ["[1]", "[22222222]", "NaN"], isClosed: true)
    let left = try spool.open()
    defer { left.close() }
    let recovered = try left.recover(file)
    let location = try #require(recovered.answers[1]?.location)
    let descriptor = Glibc.open(file.path, O_WRONLY)
    try #require(pwrite(descriptor, "3", 1, location.offset + location.count - 2) == 1)
    Glibc.close(descriptor)
    var round = PreparedRound(recovered, end: .now(), isReplayed: true)
    let store = RoundStore(
      answers: AnswerCheck(limits: Limits(), checksShape: false), shard: "1/1", logger: .silent)
    try database.with { connection in
      let tables = try SchemaInitializer(connection).ownTables()
      try store.store(&round, on: connection, ownTables: tables)
    }
    #expect(
      try database.rows("SELECT model_id, status, distributions FROM predictions ORDER BY 1")
        == ["a|SUCCESS|[1]", "b|FAILED|null", "c|FAILED|null", "z|ABSENT|null"])
    #expect(
      try database.rows(
        "SELECT split_part(detail, ':', 1) FROM updraft_failures ORDER BY prediction_id")
        == ["SPOOL_DAMAGED", "the answer can't be stored"])
  }

  @Test func newRoundsQueueBehindTheBacklogAndIDsNeverRepeat() async throws {
    let database = try await TestDatabase.initialized()
    for second in 0..<3 {
      let at = TestRound.start.advanced(by: .seconds(second))
      _ = try leave(TestRound.opening(["a", "b", "c"], absent: ["z"], at: at), answers: ["[1]"])
    }
    let game = try SpooledWriter(database, spool)
    #expect(
      try await game.writer.lastPerformedAt() == TestRound.start.advanced(by: .seconds(2)))
    #expect(try game.play(second: 10))
    var order: [UTCTime] = []
    for _ in 0..<4 { order.append(try #require(await game.test.nextStored()).performedAt) }
    #expect(order == [0, 1, 2, 10].map { TestRound.start.advanced(by: .seconds($0)) })
    await game.writer.stop()
    #expect(try database.rows("SELECT count(*), count(DISTINCT id) FROM predictions") == ["16|16"])
  }
}
