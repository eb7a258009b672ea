import Competition
import Foundation
import GatewayTestSupport
import Resilience
import Testing

@testable import Storage
@testable import StorageVictim

/// A program that stores rounds is ended at any moment, over and over: what has arrived is in the
/// tables once, byte by byte, and so is a row for each model of every round that opened.
///
/// `STORAGE_SEED=n` replays the rounds and moments of a run, `STORAGE_KILLS=n` its length.
@Suite(.serialized, .timeLimit(.minutes(10))) struct VictimTests {
  private static func number(_ name: String) -> Int? {
    ProcessInfo.processInfo.environment[name].flatMap { Int($0) }
  }

  private let seed = UInt64(number("STORAGE_SEED") ?? 1)

  private func say(_ text: String) { print("\(text); replay with STORAGE_SEED=\(seed)") }

  /// A database whose commits take up to 30 ms, so that some kills fall into one.
  private func slowlyCommitting(_ database: TestDatabase) throws -> TestDatabase {
    try database.execute(
      """
      CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        PERFORM pg_sleep(random() * 0.03); RETURN NULL;
      END $$;
      CREATE CONSTRAINT TRIGGER dawdle AFTER INSERT ON updraft_rounds
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION dawdle()
      """)
    return database
  }

  /// Compares ledger and tables after the last victim has ended; the spool is empty.
  private func settle(_ lives: VictimLives) async throws -> Ledger.Found {
    let found = try lives.ledger.compare(with: lives.database)
    let entries = lives.ledger.entries.values
    let kills = lives.kills
    say(
      """
      \(kills.lives) kills: rounds open \(kills.open), ended \(kills.ended), committed \
      \(kills.committed), torn \(kills.torn); \(kills.inReplay) in a replay; \(entries.count) \
      rounds, \(entries.count { $0.replayedCount > 0 }) replayed; rows as sent \(found.ownRows), \
      refused \(found.refusedRows), cut off \(found.restartedRows)
      """)
    #expect(found.violations.isEmpty, "STORAGE_SEED=\(seed)")
    #expect(lives.ledger.strangeLines == [], "STORAGE_SEED=\(seed)")
    #expect(try lives.spool.names() == [])
    return found
  }

  @Test func twoHundredKillsLoseAndDoubleNothing() async throws {
    let count = Self.number("STORAGE_KILLS") ?? 200
    say("\(count) kills at random moments")
    let database = try slowlyCommitting(try await TestDatabase.initialized())
    try await VictimLives.with(database, seed: seed) { lives in
      let found = try await kill(lives, count)
      // Where none of a kind came, the run has proved nothing of it.
      let kills = lives.kills
      #expect(kills.open > 0 && kills.ended > 0 && kills.committed > 0 && kills.inReplay > 0)
      #expect(found.ownRows > 0 && found.restartedRows > 0 && found.refusedRows > 0)
      #expect(lives.ledger.entries.values.contains { $0.replayedCount > 0 })
    }
  }

  @Test func killsWithEveryBatchForcedToTheDiskLoseAndDoubleNothing() async throws {
    let database = try await TestDatabase.initialized()
    try await VictimLives.with(database, seed: seed, fsync: .always) { lives in
      try await kill(lives, 25)
    }
  }

  @Test func sessionsThatAreEndedAtRandomLoseAndDoubleNothing() async throws {
    let database = try slowlyCommitting(try await TestDatabase.initialized())
    let seed = seed
    try await VictimLives.with(database, seed: seed) { lives in
      let victim = try await lives.start(0, rounds: 120)
      let torment = Task {
        try await Torment.endSessions(in: database, seed: seed) { await victim.hasEnded }
      }
      let exit = try await victim.waitUntilItEnds(within: .seconds(120))
      let count = try await torment.value
      say("\(count) sessions were ended")
      #expect(count >= 5)
      #expect(exit.isSuccess, "\(exit): \(lives.ledger.log)")
      #expect(await victim.left == "left 0 0", "\(lives.ledger.log)")
      let found = try await settle(lives)
      #expect(found.restartedRows == 0)
      #expect(lives.ledger.entries.count == 120)
      #expect(lives.ledger.entries.values.allSatisfy { $0.storedCount == 1 })
    }
  }

  @Test func killsWhileSessionsAreEndedLoseAndDoubleNothing() async throws {
    let database = try slowlyCommitting(try await TestDatabase.initialized())
    let seed = seed
    try await VictimLives.with(database, seed: seed) { lives in
      let torment = Task {
        try await Torment.endSessions(in: database, seed: seed) { Task.isCancelled }
      }
      defer { torment.cancel() }
      try await kill(lives, 25) {
        torment.cancel()
        let count = try await torment.value
        say("\(count) sessions were ended")
        #expect(count > 0)
      }
    }
  }

  @Test func killsWhileTheServerCrashesLoseAndDoubleNothing() async throws {
    let server = try await ScratchPostgres.start(.forTests)
    let plain = TestDatabase(configuration: server.configuration)
    _ = try plain.with { try SchemaInitializer($0).initializeDatabase() }
    let database = try slowlyCommitting(plain)
    let seed = seed
    try await VictimLives.with(database, seed: seed) { lives in
      let torment = Task { try await Torment.crash(server, seed: seed) { Task.isCancelled } }
      defer { torment.cancel() }
      try await kill(lives, 25) {
        torment.cancel()
        let count = try await torment.value
        say("\(count) crashes of the server")
        #expect(count > 0)
      }
    }
    await server.stop()
  }

  /// Kills so many times, then lets the other torment end, and settles.
  @discardableResult
  private func kill(
    _ lives: VictimLives, _ count: Int, thenEnd: () async throws -> Void = {}
  ) async throws -> Ledger.Found {
    var dice = SplitMix64(seed: seed)
    for life in 0..<count {
      try await lives.liveAndDie(
        life, after: .milliseconds(Int.random(in: 20...400, using: &dice)))
    }
    try await thenEnd()
    try await lives.liveToTheEnd(count)
    let found = try await settle(lives)
    #expect(lives.kills.open > 0 && found.ownRows > 0)
    return found
  }
}
