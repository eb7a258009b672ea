import Competition
import GatewayTestSupport
import Storage
import Synchronization

/// A fresh database on a scratch server that all suites share.
struct TestDatabase: ScratchDatabase {
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
}
