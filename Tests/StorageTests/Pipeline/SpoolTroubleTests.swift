import Competition
import Foundation
import GatewayTestSupport
import Testing

@testable import Storage

/// Rounds while the database, the spool, or both are in trouble.
@Suite(.timeLimit(.minutes(3))) struct SpoolTroubleTests {
  private static let unreachable = {
    var configuration = DatabaseConfiguration()
    configuration.host = "/tmp/no-such-folder"
    return TestDatabase(configuration: configuration)
  }()

  @Test func aServerThatCrashesBetweenAndInRoundsLosesAndDoublesNothing() async throws {
    let server = try await ScratchPostgres.start(.forTests)
    let database = TestDatabase(configuration: server.configuration)
    _ = try database.with { try SchemaInitializer($0).initializeDatabase() }
    let game = try SpooledWriter(database, try SpoolFixture())
    #expect(try game.play(second: 0))
    _ = await game.test.nextStored()
    let opening = TestRound.opening(
      ["m0", "m1"], absent: ["z"], at: TestRound.start.advanced(by: .seconds(1)))
    let open = try #require(game.writer.open(opening))
    open.arrived([TestRound.outcome("m0", SpooledWriter.answer("m0", bytes: 100_000))])
    try await game.test.wait("the first answer is copied") { $0.queuedBytes < 10_000 }
    await server.halt(.immediate)
    open.arrived([TestRound.outcome("m1", "1")])
    open.close(
      SpooledWriter.closed(
        opening, ["m0": SpooledWriter.answer("m0", bytes: 100_000), "m1": "1"]))
    for second in 2..<5 { #expect(try game.play(second: second)) }
    try await game.test.wait("the trouble is seen") { $0.isStoringFailing && $0.isDegraded }
    #expect(game.writer.statistics.queuedRounds == 4)
    try await server.launch()
    #expect(await game.writer.drain(deadline: .now().advanced(by: .seconds(60))))
    #expect(!game.writer.statistics.isDegraded)
    await game.writer.stop()
    #expect(
      try database.rows(
        "SELECT status, count(*), count(DISTINCT id) FROM predictions GROUP BY 1 ORDER BY 1")
        == ["ABSENT|5|5", "SUCCESS|10|10", "TIMEOUT|4|4"])
    #expect(try game.spool.names() == [])
    await server.stop()
  }

  @Test func aFrozenServerDelaysNoRound() async throws {
    let server = try await ScratchPostgres.start(.forTests)
    let database = TestDatabase(configuration: server.configuration)
    _ = try database.with { try SchemaInitializer($0).initializeDatabase() }
    let game = try SpooledWriter(database, try SpoolFixture())
    #expect(try game.play(second: 0))
    _ = await game.test.nextStored()
    server.suspend()
    let begun = MonotonicInstant.now()
    for second in 1..<4 { #expect(try game.play(second: second)) }
    try await game.test.wait("all rounds are in the spool") { $0.spoolRounds == 3 }
    #expect(MonotonicInstant.now().since(begun) < .seconds(20))
    server.resume()
    #expect(await game.writer.drain(deadline: .now().advanced(by: .seconds(60))))
    await game.writer.stop()
    #expect(try database.rows("SELECT count(*), count(DISTINCT id) FROM predictions") == ["16|16"])
    await server.stop()
  }

  @Test func roundsThatCannotBeStoredStayInTheSpoolForTheNextRun() async throws {
    let spool = try SpoolFixture()
    let away = try SpooledWriter(Self.unreachable, spool)
    for second in 0..<3 { #expect(try away.play(second: second)) }
    #expect(await away.writer.stop() == RoundsLeft(spooled: 3, lost: 0))
    #expect(try spool.names().count == 3)
    let database = try await TestDatabase.initialized()
    let game = try SpooledWriter(database, spool)
    #expect(await game.writer.drain(deadline: .now().advanced(by: .seconds(60))))
    #expect(game.writer.statistics.replayedRounds == 3)
    await game.writer.stop()
    #expect(try database.rows("SELECT count(*), count(DISTINCT id) FROM predictions") == ["12|12"])
  }

  @Test func moreRoundsThanMemoryHoldsAreReadBackFromTheSpool() async throws {
    let server = try await ScratchPostgres.start(.forTests)
    let database = TestDatabase(configuration: server.configuration)
    _ = try database.with { try SchemaInitializer($0).initializeDatabase() }
    await server.halt(.immediate)
    let game = try SpooledWriter(database, try SpoolFixture()) { $0.queuedBytesMax = 300_000 }
    for second in 0..<20 {
      #expect(try game.play(second: second, models: 4, bytes: 30_000))
      try await game.test.wait("the round is in the spool") { $0.spoolRounds == second + 1 }
    }
    try await game.test.wait("memory is within its bound") { $0.queuedBytes < 300_000 + 200_000 }
    try await server.launch()
    #expect(await game.writer.drain(deadline: .now().advanced(by: .seconds(60))))
    #expect(game.writer.statistics.refusedRounds == 0)
    #expect(game.writer.statistics.replayedRounds == 0)
    #expect(game.writer.statistics.queuedBytes == 0)
    await game.writer.stop()
    #expect(
      try database.rows(
        "SELECT status, count(*), count(DISTINCT id) FROM predictions GROUP BY 1 ORDER BY 1")
        == ["ABSENT|20|20", "SUCCESS|60|60", "TIMEOUT|20|20"])
    await server.stop()
  }

  @Test func aFullSpoolCostsNoAnswerAndIsUsedAgainWhenItHasRoom() async throws {
    let game = try await SpooledWriter.make(bytesMax: 200_000)
    #expect(try game.play(second: 0, models: 5, bytes: 100_000))
    #expect(await game.test.nextStored()?.counts == [.success: 4, .timeout: 1, .absent: 1])
    #expect(game.writer.statistics.isSpoolFailing)
    #expect(game.writer.statistics.isDegraded)
    #expect(try game.play(second: 1))
    #expect(await game.test.nextStored()?.counts == [.success: 2, .timeout: 1, .absent: 1])
    try await game.test.wait("the spool is used again") {
      !$0.isSpoolFailing && $0.spoolRounds == 0
    }
    #expect(await game.writer.stop() == RoundsLeft(spooled: 0, lost: 0))
  }

  @Test func withSpoolAndDatabaseInTroubleMemoryIsTheBound() async throws {
    let game = try SpooledWriter(Self.unreachable, try SpoolFixture(), bytesMax: 1_000) {
      $0.queuedBytesMax = 250_000
    }
    #expect(try game.play(second: 0, models: 3, bytes: 100_000))
    #expect(try game.play(second: 1, models: 3, bytes: 100_000))
    #expect(try !game.play(second: 2, models: 3, bytes: 100_000))
    #expect(game.writer.statistics.refusedRounds == 1)
    #expect(await game.writer.stop() == RoundsLeft(spooled: 0, lost: 2))
  }

  @Test func aSecondWriterOfASpoolIsToldWhoHoldsIt() async throws {
    let spool = try SpoolFixture()
    let first = try SpooledWriter(Self.unreachable, spool)
    let error = #expect(throws: StorageError.self) { try SpooledWriter(Self.unreachable, spool) }
    #expect(error?.code == .spool)
    #expect(error?.description.contains("spool.dir") == true)
    await first.writer.stop()
    let second = try SpooledWriter(Self.unreachable, spool)
    await second.writer.stop()
  }

  /// The ledger: every key that a round owes is in exactly one of a row, the spool, the reject
  /// file.
  @Test func everyOwedKeyIsInExactlyOnePlace() async throws {
    let game = try await SpooledWriter.make()
    try game.database.execute("ALTER TABLE predictions ADD CHECK (model_id <> 'm1')")
    for second in 0..<5 { #expect(try game.play(second: second)) }
    #expect(await game.writer.drain(deadline: .now().advanced(by: .seconds(60))))
    await game.writer.stop()
    let away = try SpooledWriter(Self.unreachable, game.spool)
    for second in 5..<8 { #expect(try away.play(second: second)) }
    #expect(await away.writer.stop().spooled == 3)
    var places: [String] = try game.database.rows("SELECT id FROM predictions")
    let rejects = try String(
      contentsOfFile: "\(game.spool.directory)/rejects.jsonl", encoding: .utf8)
    for line in rejects.split(separator: "\n") {
      places.append(String(try #require(line.firstMatch(of: /PRE_[^"]+/)).output))
    }
    let folder = SpoolFolder(directory: game.spool.directory)
    for file in try folder.list().segments {
      places += try folder.read(file).record().records.map(\.id)
    }
    let owed = (0..<8).flatMap { second in
      ["m0", "m1", "m2", "z"].map {
        "PRE_\($0)_"
          + TestRound.start.advanced(by: .seconds(second)).compactMilliseconds
      }
    }
    #expect(places.sorted() == owed.sorted())
  }
}
