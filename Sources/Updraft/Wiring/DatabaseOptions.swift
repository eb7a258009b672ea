import ArgumentParser
import Settings
import GameSetup
import Logging
import Storage

/// The options of every command that needs the game's database.
struct DatabaseOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("The game's configuration file.", valueName: "game.yml"),
    completion: .file(extensions: ["yml", "yaml"]))
  var config: String?

  @Option(
    help: ArgumentHelp(
      "The database as a libpq URL; else POSTGRES_HOST, _PORT, _USER, _PASSWORD, _DB or game.yml.",
      valueName: "url"))
  var database: String?

  /// The game's settings, the flag above them.
  func game() throws(ConfigurationError) -> GameConfiguration {
    let flags = database.map {
      [SettingFlag(path: "database.url", name: "--database", value: $0)]
    }
    return try GameConfiguration.load(
      path: config, environment: ProcessEnvironment.all, flags: flags ?? [])
  }

  /// Runs `body` with a session, which is closed afterwards.
  func withConnection<Result>(
    _ body: (PostgresConnection) throws -> Result
  ) throws -> Result {
    let configuration = try DatabaseConfiguration(try game().database)
    let logger = Logger(label: "database") { _ in SwiftLogNoOpLogHandler() }
    let connection = try PostgresConnection(configuration, logger: logger)
    defer { connection.close() }
    return try body(connection)
  }
}
