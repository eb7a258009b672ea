import ArgumentParser
import Competition
import GameSetup
import Logging
import ServiceRuntime
import Storage

/// `updraft spool replay`.
struct SpoolReplayCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay", abstract: "Store the rounds that wait for the database, now.",
    discussion: """
      Needs the folder for itself: a predict-worker stores what waits by itself. Rows that are in \
      the database already are left out. Exits 1 when a round stayed in the folder.
      """)
  @OptionGroup var database: DatabaseOptions

  @Option(
    help: ArgumentHelp("The spool's folder, above spool.dir of game.yml.", valueName: "folder"),
    completion: .directory)
  var dir: String?

  @Option(help: "Give up when the database has taken nothing for that long.")
  var timeout = TimeArgument(.seconds(60))

  func run() async throws {
    try await runCommand("spool replay") {
      let game = try database.game()
      var spool = SpoolOptions(game.spool)
      spool.directory = dir ?? spool.directory
      do throws(SpoolError) {
        if try SpoolFolder(directory: spool.directory).list().segments.isEmpty {
          return Output.line("no rounds wait in \(spool.directory)")
        }
      } catch {
        throw StartFailure("\(error)", exitCode: error.exitCode)
      }
      var options = RoundWriterOptions()
      options.limits = game.limits
      options.checksShape = game.predict.shape == .densities
      options.crunchID = game.crunchID
      options.shard = game.predict.shard
      options.spool = spool
      try await replay(try DatabaseConfiguration(game.database), options)
    }
  }

  /// Stores everything, a line for each round.
  private func replay(
    _ configuration: DatabaseConfiguration, _ options: RoundWriterOptions
  ) async throws {
    let logger = Logger(label: "spool") { _ in SwiftLogNoOpLogHandler() }
    let writer = try RoundWriter(configuration, options: options, logger: logger) { stored in
      Output.line(
        "stored \(stored.performedAt.compactMilliseconds): \(stored.params.asset) "
          + "\(stored.params.horizonSeconds)/\(stored.params.stepSeconds), "
          + "\(stored.rowCount) rows")
    }
    let statistics = await drain(writer)
    let left = await writer.stop()
    Output.line(
      "\(statistics.replayedRounds) rounds and \(statistics.storedRows) rows are stored, "
        + "\(left.spooled + statistics.unreadableRounds) rounds stay")
    if statistics.rejectedRows > 0 {
      Output.line("\(statistics.rejectedRows) rows were refused: see rejects.jsonl")
    }
    if left.spooled > 0, let reason = statistics.lastError { throw failure(reason) }
    if statistics.unreadableRounds > 0 {
      throw failure("\(statistics.unreadableRounds) files could not be read")
    }
  }

  /// Waits until nothing is left, or the database has taken nothing for the time that it has.
  private func drain(_ writer: RoundWriter) async -> RoundWriterStatistics {
    var stored = -1
    while true {
      let now = writer.statistics
      guard now.storedRounds > stored else { return now }
      stored = now.storedRounds
      let deadline = MonotonicInstant.now().advanced(by: timeout.duration)
      if await writer.drain(deadline: deadline) { return writer.statistics }
    }
  }

  private func failure(_ reason: String) -> StartFailure {
    StartFailure(
      reason, remedy: "`updraft spool ls` shows what waits; replay it again",
      exitCode: .incomplete)
  }
}
