import Competition
import GatewayTestSupport
import Logging
import Storage
import Synchronization

/// A fresh database on a scratch server that all suites share.
struct TestDatabase {
  let configuration: DatabaseConfiguration

  static let server = Task { try await ScratchPostgres.start(.forTests) }
  private static let lastNumber = Atomic(0)

  /// Makes an empty database.
  static func empty() async throws -> TestDatabase {
    let server = try await server.value
    let number = lastNumber.wrappingAdd(1, ordering: .relaxed).newValue
    var configuration = server.configuration
    try TestDatabase(configuration: configuration).execute("CREATE DATABASE test_\(number)")
    configuration.database = "test_\(number)"
    return TestDatabase(configuration: configuration)
  }

  /// Makes a database with all tables.
  static func initialized() async throws -> TestDatabase {
    let database = try await empty()
    _ = try database.with { try SchemaInitializer($0).initializeDatabase() }
    return database
  }

  /// Runs `body` with a session of its own.
  func with<Result>(_ body: (PostgresConnection) throws -> Result) throws -> Result {
    let connection = try PostgresConnection(configuration, logger: .silent)
    defer { connection.close() }
    return try body(connection)
  }

  /// Runs statements.
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
}

extension Logger {
  /// A logger that says nothing: tests look at results.
  static var silent: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }
}
