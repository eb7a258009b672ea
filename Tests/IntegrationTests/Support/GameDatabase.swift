import Competition
import GatewayTestSupport
import Storage
import Synchronization

/// A fresh database on a scratch server that all integration tests share.
struct GameDatabase: ScratchDatabase {
  let configuration: DatabaseConfiguration

  private static let server = Task {
    var options = ScratchPostgresOptions.forTests
    options.password = "a scratch server's"
    return try await ScratchPostgres.start(options)
  }
  private static let lastNumber = Atomic(0)

  /// Makes an empty database.
  static func empty() async throws -> GameDatabase {
    let server = try await server.value
    let name = "game_\(lastNumber.wrappingAdd(1, ordering: .relaxed).newValue)"
    var configuration = server.configuration
    try GameDatabase(configuration: configuration).execute("CREATE DATABASE \(name)")
    configuration.database = name
    return GameDatabase(configuration: configuration)
  }

  /// Makes a database with what `updraft init-db` makes.
  static func initialized(on stage: Stage) async throws -> GameDatabase {
    let database = try await empty()
    let made = try await stage.run(
      [try BuiltProgram.updraft.path, "init-db"], variables: database.variables)
    guard made.exit.isSuccess else { throw MissingPrerequisite("updraft init-db: \(made)") }
    return database
  }

  /// The environment variables that lead to it, under Condor's names.
  var variables: [String: String] {
    [
      "POSTGRES_HOST": configuration.host ?? "", "POSTGRES_PORT": "\(configuration.port ?? 5432)",
      "POSTGRES_USER": configuration.user ?? "", "POSTGRES_DB": configuration.database ?? "",
      "POSTGRES_PASSWORD": configuration.password ?? "",
    ]
  }

  /// Runs `body` while another session has run `sql` in an open transaction.
  func holding(_ sql: String, _ body: () async throws -> Void) async throws {
    let holder = try PostgresConnection(configuration, logger: .silent)
    defer { holder.close() }
    try holder.execute("BEGIN; \(sql)", doing: "hold a lock")
    try await body()
  }
}
