import Competition
import GatewayTestSupport
import Glibc
import Testing

@testable import Storage

@Suite(.timeLimit(.minutes(2))) struct ScratchPostgresTests {
  /// A folder that the server's user can enter, removed by the caller.
  private static func makeFolder(mode: mode_t = 0o755) throws -> String {
    var template = Array("/tmp/updraft-test-XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    try #require(chmod(path, mode) == 0)
    return path
  }

  private static func remove(_ path: String) throws {
    var processID = pid_t()
    let words: [UnsafeMutablePointer<CChar>?] = [strdup("rm"), strdup("-rf"), strdup(path), nil]
    defer { words.forEach { free($0) } }
    let code = posix_spawn(&processID, "/bin/rm", nil, nil, words, nil)
    try #require(code == 0)
    waitpid(processID, nil, 0)
  }

  @Test func aGivenDataFolderIsKeptAndUsedAgain() async throws {
    let folder = try Self.makeFolder()
    var options = ScratchPostgresOptions.forTests
    options.dataFolder = "\(folder)/data"
    let first = try await ScratchPostgres.start(options)
    try TestDatabase(configuration: first.configuration).execute("CREATE TABLE kept ()")
    // A second start on the folder, as after a killed parent, ends the server that is there.
    let second = try await ScratchPostgres.start(options)
    #expect(second.processID != first.processID)
    await first.stop()
    #expect(access(first.socketFolder, F_OK) != 0)
    #expect(
      try TestDatabase(configuration: second.configuration).rows("SELECT to_regclass('kept')")
        == ["kept"])
    await second.stop()
    #expect(second.processID == nil)
    #expect(access("\(folder)/data/PG_VERSION", F_OK) == 0)
    try Self.remove(folder)
  }

  @Test func aServerThatCannotStartSaysWhyWithTheEndOfItsLog() async throws {
    var options = ScratchPostgresOptions.forTests
    options.settings["shared_buffers"] = "much"
    let error = try await #require(throws: ScratchPostgresError.self) {
      _ = try await ScratchPostgres.start(options)
    }
    #expect(error.description.contains("shared_buffers"))
  }

  @Test(.enabled(if: geteuid() == 0)) func aFolderThatTheServersUserCannotEnterIsRefused()
    async throws
  {
    let folder = try Self.makeFolder(mode: 0o700)
    var options = ScratchPostgresOptions.forTests
    options.dataFolder = "\(folder)/data"
    let error = try await #require(throws: ScratchPostgresError.self) {
      _ = try await ScratchPostgres.start(options)
    }
    #expect(error.description.contains("can't enter \(folder)"))
    try Self.remove(folder)
  }

  @Test func theServerListensOnTCPOnlyWhenAskedTo() async throws {
    let server = try await TestDatabase.server.value
    let rows = try TestDatabase(configuration: server.configuration).rows("SHOW listen_addresses")
    #expect(rows == [""])
  }
}
