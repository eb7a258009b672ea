import Competition
import GatewayTestSupport
import Storage
import Synchronization

/// A fresh database with all tables, on a scratch server that all suites share.
struct ScoreDatabase: ScratchDatabase {
  let configuration: DatabaseConfiguration

  private static let server = Task {
    var options = ScratchPostgresOptions()
    // A killed client loses nothing by it, and the tests make thousands of transactions.
    options.settings = ["fsync": "off", "synchronous_commit": "off"]
    return try await ScratchPostgres.start(options)
  }
  private static let lastNumber = Atomic(0)

  static func make(partitioned: Bool = false) async throws -> ScoreDatabase {
    let server = try await server.value
    let number = lastNumber.wrappingAdd(1, ordering: .relaxed).newValue
    var configuration = server.configuration
    try ScoreDatabase(configuration: configuration).execute("CREATE DATABASE score_\(number)")
    configuration.database = "score_\(number)"
    let database = ScoreDatabase(configuration: configuration)
    _ = try database.with {
      try SchemaInitializer($0).initializeDatabase(partitions: partitioned ? .day : nil)
    }
    try database.execute("DELETE FROM prediction_configs")
    return database
  }

  /// A database with the same rows.
  func copy() async throws -> ScoreDatabase {
    let number = Self.lastNumber.wrappingAdd(1, ordering: .relaxed).newValue
    let server = try await Self.server.value
    let name = configuration.database ?? ""
    try ScoreDatabase(configuration: server.configuration)
      .execute("CREATE DATABASE score_\(number) TEMPLATE \(name)")
    var copied = configuration
    copied.database = "score_\(number)"
    return ScoreDatabase(configuration: copied)
  }

  /// What leads a worker here.
  var settings: String {
    """
    database:
      host: "\(configuration.host ?? "")"
      port: \(configuration.port ?? 5432)
      user: "\(configuration.user ?? "")"
      name: "\(configuration.database ?? "")"

    """
  }
}
