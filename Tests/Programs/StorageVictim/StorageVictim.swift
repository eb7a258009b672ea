import ArgumentParser
import Competition
import Glibc
import Logging
import Storage

/// A program that is there to be killed: plays scripted rounds into a writer with a spool, and says
/// on standard output, a line each, what it owes from then on.
///
/// `ready`, before the spool is opened · the lines of `ScriptedGame` · `left 0 0`, after the last
/// round: how many the spool has, and how many nobody has.
@main struct StorageVictim: AsyncParsableCommand {
  @Option(help: "The folder of the server's socket.") var host: String
  @Option(help: "The number in the socket's name.") var port: Int
  @Option(help: "The role.") var user: String
  @Option(help: "The database.") var database: String
  @Option(help: "The spool's folder.") var spool: String
  @Option(help: "always, interval or never.") var fsync = "interval"
  @Option(help: "What the rounds follow from.") var seed: UInt64
  @Option(help: "How often the program was started before.") var life: Int
  @Option(help: "How many rounds are played.") var rounds: Int
  @Option(help: "No round is opened while more wait.") var queuedMax = 4

  func run() async throws {
    guard let fsync = SpoolOptions.Fsync(rawValue: fsync) else {
      throw ValidationError("--fsync: no such value: \(fsync)")
    }
    var configuration = DatabaseConfiguration()
    configuration.host = host
    configuration.port = port
    configuration.user = user
    configuration.database = database
    var options = RoundWriterOptions()
    options.spool = SpoolOptions(directory: spool, fsync: fsync)
    tell("ready")
    let game = ScriptedGame(seed: seed, life: life) { tell($0) }
    let writer = try game.writer(configuration, options, logger: .storage)
    await game.play(0..<rounds, into: writer, queuedMax: queuedMax)
    _ = await writer.drain(deadline: .now().advanced(by: .seconds(60)))
    let left = await writer.stop()
    tell("left \(left.spooled) \(left.lost)")
  }
}

extension Logger {
  /// Goes to standard error.
  fileprivate static let storage = Logger(label: "updraft.storage")
}

/// One write a line, so that a line is said when this returns, and never in pieces.
private func tell(_ line: String) {
  let bytes = Array("\(line)\n".utf8)
  _ = write(STDOUT_FILENO, bytes, bytes.count)
}
