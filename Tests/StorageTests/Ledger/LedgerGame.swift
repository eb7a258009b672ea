import Competition
import Foundation
import GatewayTestSupport
import Logging
import Testing

@testable import Storage
@testable import StorageVictim

/// A writer in this process, scripted rounds, and the ledger of what it owes.
struct LedgerGame {
  let database: TestDatabase
  /// The spool's folder.
  let directory: String
  let ledger: Ledger
  let writer: RoundWriter
  private let fixture: SpoolFixture
  private let game: ScriptedGame

  /// What the rounds of these tests follow from.
  private static let seed: UInt64 = 1

  /// A game whose writer reaches the database by `configuration`, as the test does when nil.
  init(
    _ database: TestDatabase, reachedBy configuration: DatabaseConfiguration? = nil,
    change: (inout RoundWriterOptions) -> Void = { _ in }
  ) throws {
    fixture = try SpoolFixture()
    var options = RoundWriterOptions()
    options.spool = fixture.options(.interval)
    change(&options)
    directory = options.spool?.directory ?? fixture.directory
    let ledger = Ledger(seed: Self.seed)
    self.database = database
    self.ledger = ledger
    game = ScriptedGame(seed: Self.seed, life: 0) { ledger.note($0) }
    writer = try game.writer(
      configuration ?? database.configuration, options, logger: .silent)
  }

  /// A game on a server of its own.
  static func withServer(
    _ options: ScratchPostgresOptions = .forTests,
    change: (inout DatabaseConfiguration) -> Void = { _ in }
  ) async throws -> (game: LedgerGame, server: ScratchPostgres) {
    let server = try await ScratchPostgres.start(options)
    var configuration = server.configuration
    change(&configuration)
    let database = TestDatabase(configuration: configuration)
    _ = try database.with { try SchemaInitializer($0).initializeDatabase() }
    return (try LedgerGame(database), server)
  }

  /// Plays rounds to their ends, whatever becomes of them.
  func play(_ numbers: Range<Int>) async { await game.play(numbers, into: writer) }

  /// A round of this game, to be played by hand.
  func round(_ number: Int) -> ScriptedRound {
    ScriptedRound(ScriptedRound.Key(life: 0, number: number), seed: Self.seed)
  }

  /// Plays rounds that nobody stores: they open, their answers are taken, and they close while the
  /// database does nothing.
  func playUnstored(_ numbers: Range<Int>) async {
    let stored = writer.statistics.storedRounds
    await play(numbers)
    #expect(writer.statistics.storedRounds == stored)
    #expect(writer.statistics.queuedRounds >= numbers.count)
  }

  /// Waits until `condition` holds of the writer's statistics.
  func wait(_ what: String, until condition: (RoundWriterStatistics) -> Bool) async throws {
    let deadline = MonotonicInstant.now().advanced(by: .seconds(60))
    while !condition(writer.statistics) {
      try #require(
        MonotonicInstant.now() < deadline, "waited in vain until \(what): \(writer.statistics)")
      await Pace.pass(.milliseconds(2))
    }
  }

  /// Waits until all is stored, stops the writer, and compares the ledger with the tables: each
  /// round that was let in is there once and whole, with the outcomes that were sent.
  func settle(rounds: Int) async throws {
    #expect(await writer.drain(deadline: .now().advanced(by: .seconds(60))))
    #expect(await writer.stop() == RoundsLeft(spooled: 0, lost: 0))
    let found = try ledger.compare(with: database)
    #expect(found.violations.isEmpty)
    #expect(found.restartedRows == 0)
    #expect(found.ownRows > 0 && found.refusedRows > 0)
    let entries = ledger.entries
    #expect(entries.count == rounds)
    #expect(entries.values.allSatisfy { $0.storedCount == 1 && $0.replayedCount == 0 })
    #expect(ledger.strangeLines == [])
    #expect(writer.statistics.droppedRows == 0)
    #expect(writer.statistics.refusedRounds == 0)
    #expect(!writer.statistics.isDegraded)
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == ["lock"])
  }
}
