import Competition
import GatewayTestSupport
import Testing

@testable import Storage

@Suite(.timeLimit(.minutes(2))) struct ConnectionTests {
  private func failure(_ configuration: DatabaseConfiguration) throws -> StorageError {
    try #require(throws: StorageError.self) {
      try PostgresConnection(configuration, logger: .silent).close()
    }
  }

  @Test func aWrongPasswordIsToldInOneLineWithoutThePassword() async throws {
    var options = ScratchPostgresOptions.forTests
    options.password = "right-secret"
    let server = try await ScratchPostgres.start(options)
    var configuration = server.configuration
    try PostgresConnection(configuration, logger: .silent).close()
    configuration.password = "wrong-secret"
    let error = try failure(configuration)
    #expect(error.code == .authentication)
    #expect(error.sqlState == "28P01")
    #expect(error.description.contains("POSTGRES_PASSWORD"))
    configuration.password = nil
    let without = try failure(configuration)
    #expect(without.code == .authentication)
    for text in ["\(error)", "\(without)", "\(server.configuration)"] {
      #expect(!text.contains("secret"))
      #expect(!text.contains("\n"))
    }
    await server.stop()
  }

  @Test func aMissingDatabaseOrServerIsToldInOneLine() async throws {
    var configuration = try await TestDatabase.empty().configuration
    configuration.database = "nowhere"
    let missing = try failure(configuration)
    #expect(missing.code == .databaseMissing)
    #expect(missing.description.contains("createdb"))
    configuration.host = "/tmp/no-such-folder"
    let socket = try failure(configuration)
    #expect(socket.code == .unreachable)
    #expect(socket.description.contains("/tmp/no-such-folder"))
    configuration.host = "127.0.0.1"
    configuration.port = 1
    let refused = try failure(configuration)
    #expect(refused.code == .unreachable)
    #expect(refused.description.contains("Connection refused"))
    #expect(refused.description.contains("POSTGRES_HOST"))
    for error in [missing, socket, refused] { #expect(!error.description.contains("\n")) }
  }

  @Test func theSessionIsInUTCAndNamesTheProgram() async throws {
    var configuration = try await TestDatabase.empty().configuration
    configuration.applicationName = "predict-worker"
    let rows = try TestDatabase(configuration: configuration).rows(
      """
      SELECT current_setting('TimeZone'), current_setting('client_encoding'),
        current_setting('statement_timeout'), current_setting('lock_timeout'),
        current_setting('application_name')
      """)
    #expect(rows == ["UTC|UTF8|1min|10s|predict-worker"])
  }

  @Test func aURLSaysEverythingAndKeepsItsOwnSettings() async throws {
    let base = try await TestDatabase.empty().configuration
    let url =
      "postgresql:///\(base.database ?? "")?host=\(base.host ?? "")&port=\(base.port ?? 0)"
      + "&user=\(base.user ?? "")&application_name=mine"
    let configuration = try DatabaseConfiguration(environment: [:], url: url)
    #expect(
      try TestDatabase(configuration: configuration).rows(
        "SELECT current_setting('application_name'), current_database()")
        == ["mine|\(base.database ?? "")"])
  }

  @Test func theEnvironmentsVariablesAreCondors() throws {
    let environment = [
      "POSTGRES_USER": "alice", "POSTGRES_PASSWORD": "secret", "POSTGRES_HOST": "db",
      "POSTGRES_PORT": "5433", "POSTGRES_DB": "condor",
    ]
    let configuration = try DatabaseConfiguration(environment: environment)
    #expect(configuration.password == "secret")
    #expect("\(configuration)" == "db:5433/condor as alice")
    var dumped = ""
    dump(configuration, to: &dumped)
    #expect(!dumped.contains("secret"))
    #expect(!String(reflecting: configuration).contains("secret"))
    let wrong = try #require(throws: StorageError.self) {
      try DatabaseConfiguration(environment: ["POSTGRES_PORT": "many"])
    }
    #expect(wrong.description.contains(#"POSTGRES_PORT: must be 1…65535, got "many""#))
  }

  @Test(
    arguments: [
      "postgresql://alice:hunter2%zz@db/condor", "host=db password=hunter2 port",
      "postgresql://alice:hunter2@[::1/condor",
    ])
  func aBrokenURLIsRefusedWithoutShowingItsPassword(url: String) throws {
    let error = try #require(throws: StorageError.self) {
      try DatabaseConfiguration(environment: [:], url: url)
    }
    #expect(error.code == .configuration)
    #expect(!error.description.contains("hunter2"))
  }

  @Test func aURLsPasswordIsNotShown() throws {
    let url = "postgresql://alice:hunter2@db:5433/condor"
    let configuration = try DatabaseConfiguration(environment: [:], url: url)
    #expect("\(configuration)" == "db:5433/condor as alice")
    var dumped = ""
    dump(configuration, to: &dumped)
    #expect(!dumped.contains("hunter2"))
  }
}
