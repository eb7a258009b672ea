import Competition
import GatewayTestSupport
import Logging
import Storage
import Synchronization

/// A fresh database with all tables, on a scratch server that all suites share.
struct ScoreDatabase {
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

  func with<Result>(_ body: (PostgresConnection) throws -> Result) throws -> Result {
    let connection = try PostgresConnection(
      configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    defer { connection.close() }
    return try body(connection)
  }

  func execute(_ sql: String) throws {
    try with { try $0.execute(sql, doing: "prepare a test") }
  }

  /// The rows as psql would show them, columns joined by `|`, NULL as `∅`.
  func rows(_ sql: String) throws -> [String] {
    try with { connection in
      let rows = try connection.query(sql, format: .text, doing: "look at a test's result")
      return try rows.map { row in
        try (0..<row.columnCount)
          .map { row.isNull($0) ? "∅" : try row.text($0) }.joined(separator: "|")
      }
    }
  }

  func value(_ sql: String) throws -> String { try rows(sql).first ?? "" }

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
