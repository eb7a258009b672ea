import ArgumentParser
import Competition
import Settings
import ServiceRuntime
import Storage

/// `updraft spool`: the disk buffer between answers and PostgreSQL.
struct SpoolCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "spool",
    abstract: "Look at rounds that are not in the database yet, or store them.",
    discussion: """
      The spool's folder is --dir, or spool.dir of game.yml (--config). Looking at it changes \
      nothing and is safe while a predict-worker runs; replay needs the folder for itself.
      """,
    subcommands: [
      SpoolListCommand.self, SpoolVerifyCommand.self, SpoolReplayCommand.self,
      SpoolExportCommand.self,
    ])
}

/// Where the spool is.
struct SpoolPlace: ParsableArguments {
  @Option(
    help: ArgumentHelp("The game's configuration file.", valueName: "game.yml"),
    completion: .file(extensions: ["yml", "yaml"]))
  var config: String?

  @Option(
    help: ArgumentHelp("The spool's folder, above spool.dir of game.yml.", valueName: "folder"),
    completion: .directory)
  var dir: String?

  /// The folder.
  ///
  /// - Throws: `ConfigurationError` when game.yml is wrong.
  func folder() throws(ConfigurationError) -> SpoolFolder {
    if let dir { return SpoolFolder(directory: dir) }
    let game = try GameConfiguration.load(path: config, environment: ProcessEnvironment.all)
    return SpoolFolder(directory: game.spool.directory)
  }
}

/// Runs a command on the spool; its errors become one line on standard error and an exit code.
func runSpoolCommand(
  _ name: String, _ place: SpoolPlace, _ body: (SpoolFolder) throws -> Void
) async throws {
  try await runCommand("spool \(name)") {
    do {
      try body(try place.folder())
    } catch let error as SpoolError {
      throw StartFailure("\(error)", exitCode: error.exitCode)
    }
  }
}

extension SpoolError {
  /// What a program exits with that can't do without the spool.
  var exitCode: ExitCode {
    switch code {
    case .locked, .missing: .unavailable
    case .damaged, .foreignVersion, .foreignCrunch, .foreignFile: .incomplete
    default: .systemRefused
    }
  }
}
