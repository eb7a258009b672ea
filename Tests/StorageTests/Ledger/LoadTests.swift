import Competition
import Foundation
import GatewayTestSupport
import Glibc
import Testing

@testable import Storage
@testable import StorageVictim

/// Many rounds while something is wrong with the database: each opens, takes its answers and closes
/// as if nothing were, and the ledger is even afterwards.
@Suite(.serialized, .timeLimit(.minutes(5))) struct LoadTests {
  @Test func aServerThatIsAwayInTheMiddleOfRoundsLosesNothing() async throws {
    let (game, server) = try await LedgerGame.withServer()
    await game.play(0..<4)
    async let playing: Void = game.play(4..<40)
    try await game.wait("rounds are stored") { $0.storedRounds >= 8 }
    await server.halt(.immediate)
    await playing
    // Some seconds, by the times between tries.
    try await game.wait("it is tried in vain") { $0.failedTries >= 5 }
    await game.playUnstored(40..<60)
    #expect(game.writer.statistics.isDegraded)
    try await server.launch()
    try await game.settle(rounds: 60)
    await server.stop()
  }

  @Test func aLockOnTheTableIsWaitedForWhileRoundsGoOn() async throws {
    var configuration = try await TestDatabase.initialized().configuration
    configuration.lockTimeout = .milliseconds(200)
    let game = try LedgerGame(TestDatabase(configuration: configuration))
    let holder = try PostgresConnection(configuration, logger: .silent)
    defer { holder.close() }
    async let playing: Void = game.play(0..<20)
    try await game.wait("rounds are stored") { $0.storedRounds >= 2 }
    try holder.execute("SET lock_timeout TO '30s'", doing: "wait for the table")
    // Waits for the round that is open.
    try holder.execute(
      "BEGIN; LOCK TABLE predictions IN ACCESS EXCLUSIVE MODE", doing: "lock the table")
    await playing
    await game.playUnstored(20..<40)
    try await game.wait("it is tried in vain") { $0.failedTries >= 3 }
    #expect(game.writer.statistics.lastError?.contains("lock") == true)
    try holder.execute("COMMIT", doing: "let the table go")
    try await game.settle(rounds: 40)
  }

  /// A stopped session answers nothing and gives nothing back; its deadline ends it, and the rounds
  /// go in through another.
  @Test(arguments: [false, true])
  func aFrozenSessionIsLeftAtItsDeadline(inTheMiddleOfARound: Bool) async throws {
    let (game, server) = try await LedgerGame.withServer {
      $0.statementTimeout = .milliseconds(300)
      $0.lockTimeout = .milliseconds(200)
    }
    await game.play(0..<4)
    try await game.wait("all is stored") { $0.storedRounds == 4 }
    let round = game.round(4)
    let open = inTheMiddleOfARound ? game.writer.open(round.opening) : nil
    #expect((open != nil) == inTheMiddleOfARound)
    if let open {
      game.ledger.note("opening \(round.key)")
      open.arrived(round.batch(0))
      try await waitForCopy(in: game.database)
    }
    let session = try #require(
      pid_t(
        try game.database.rows(
          """
          SELECT pid FROM pg_stat_activity
          WHERE datname = current_database() AND pid <> pg_backend_pid()
          """
        ).joined()))
    #expect(kill(session, SIGSTOP) == 0)
    // Taken while it hangs: the open round's end, and whole rounds.
    open?.close(round.record)
    await game.playUnstored(5..<25)
    try await game.wait("the session is given up") { $0.failedTries >= 1 }
    if open == nil {
      // Nothing of it is in anybody's way.
      try await game.wait("the rounds are stored") { $0.storedRounds == 24 }
    }
    #expect(kill(session, SIGCONT) == 0)
    try await game.settle(rounds: open == nil ? 24 : 25)
    await server.stop()
  }

  private func waitForCopy(in database: TestDatabase) async throws {
    let deadline = MonotonicInstant.now().advanced(by: .seconds(30))
    let running = """
      SELECT count(*) FROM pg_stat_activity
      WHERE datname = current_database() AND state = 'active' AND query LIKE 'COPY predictions%'
      """
    while try database.rows(running) != ["1"] {
      try #require(MonotonicInstant.now() < deadline, "no COPY is running")
    }
  }

  @Test func aServerWithoutAFreeSessionIsKnockedAtUntilItHasOne() async throws {
    var options = ScratchPostgresOptions.forTests
    options.settings["max_connections"] = "6"
    options.settings["superuser_reserved_connections"] = "0"
    options.settings["max_wal_senders"] = "0"
    let (game, server) = try await LedgerGame.withServer(options) {
      $0.applicationName = "writer"
    }
    await game.play(0..<4)
    try await game.wait("all is stored") { $0.storedRounds == 4 }
    var taken: [PostgresConnection] = []
    defer { for one in taken { one.close() } }
    while let one = try? PostgresConnection(server.configuration, logger: .silent) {
      taken.append(one)
    }
    try #require(taken.count == 5)
    // The writer's own goes too, and is taken: it isn't missed before the next round.
    let gone = try taken[0].query(
      """
      SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
      WHERE application_name = 'writer'
      """, format: .text, doing: "end the writer's session")
    try #require(gone.map { try $0.text(0) } == ["t"])
    taken.append(try PostgresConnection(server.configuration, logger: .silent))
    await game.playUnstored(4..<24)
    try await game.wait("it is tried in vain") { $0.failedTries >= 3 }
    #expect(game.writer.statistics.lastError?.contains("too many clients") == true)
    for one in taken { one.close() }
    try await game.settle(rounds: 24)
    await server.stop()
  }

  @Test func aSlowNetworkDelaysNoRound() async throws {
    let database = try await TestDatabase.initialized()
    let proxy = try SlowProxy(to: database.configuration, bytesPerSecond: 200_000)
    let game = try LedgerGame(database, reachedBy: proxy.configuration)
    await game.play(0..<12)
    // The rounds are over long before the network has taken them.
    #expect(game.writer.statistics.queuedRounds > 0)
    try await game.settle(rounds: 12)
    #expect(proxy.byteCount > 500_000)
    proxy.stop()
  }

  @Test func roundsThatWaitHoldFewFilesOpen() async throws {
    let (game, server) = try await LedgerGame.withServer()
    await server.halt(.immediate)
    await game.playUnstored(0..<120)
    try await game.wait("all rounds have ended in the spool") { _ in
      game.ledger.entries.values.allSatisfy(\.hasEnded)
    }
    // The last one's end is told a moment before its file is given back.
    try await game.wait("files are closed") { _ in
      openSegments(of: game) <= RoundQueue.openSegmentsMax
    }
    #expect(openSegments(of: game) > 0)
    try await server.launch()
    try await game.settle(rounds: 120)
    #expect(openSegments(of: game) == 0)
    await server.stop()
  }

  /// The segments of the game's spool that this process has open.
  private func openSegments(of game: LedgerGame) -> Int {
    let folder = "/proc/self/fd"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.count { name in
      let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(name)")
      return path?.hasPrefix(game.directory) == true && path?.contains(".round") == true
    }
  }

  // MARK: A spool that is full as well

  @Test(.enabled(if: SmallDisk.isPossible, "only root may mount a small disk"))
  func aFullDiskCostsNothingWhileMemoryLasts() async throws {
    let disk = try SmallDisk(bytes: 1 << 20)
    defer { disk.unmount() }
    try await fill { $0.spool?.directory = disk.path + "/spool" }
  }

  @Test func aFullSpoolCostsNothingWhileMemoryLasts() async throws {
    try await fill { $0.spool?.bytesMax = 1 << 20 }
  }

  /// Plays until the spool is full and longer, with the database away, and then with it.
  private func fill(_ change: @escaping (inout RoundWriterOptions) -> Void) async throws {
    let server = try await ScratchPostgres.start(.forTests)
    let database = TestDatabase(configuration: server.configuration)
    _ = try database.with { try SchemaInitializer($0).initializeDatabase() }
    let game = try LedgerGame(database, change: change)
    await game.play(0..<4)
    try await game.wait("all is stored") { $0.storedRounds == 4 && $0.spoolRounds == 0 }
    await server.halt(.immediate)
    var count = 4
    while !game.writer.statistics.isSpoolFailing, count < 200 {
      await game.play(count..<count + 4)
      count += 4
    }
    try #require(game.writer.statistics.isSpoolFailing, "it is never full")
    await game.playUnstored(count..<count + 20)
    count += 20
    try await server.launch()
    #expect(await game.writer.drain(deadline: .now().advanced(by: .seconds(60))))
    await game.play(count..<count + 4)
    count += 4
    try await game.settle(rounds: count)
    #expect(game.ledger.entries.values.contains { !$0.isOpened })
    let last = ScriptedRound.Key(life: 0, number: count - 1)
    #expect(game.ledger.entries[last]?.hasEnded == true)
    await server.stop()
  }
}
