import Foundation
import GatewayTestSupport
import JSON
import Logging
import Storage
import Synchronization

/// A finished run of the built `updraft`.
struct UpdraftProgram {
  /// The exit code; 128 + the number for a signal.
  let status: Int32
  /// Standard output.
  let output: String
  /// The lines of standard error.
  let errors: [String]

  /// The lines of standard output.
  var lines: [String] { output.split(separator: "\n").map(String.init) }

  /// The time that one run may take.
  private static let timeoutSeconds = 60.0

  /// Runs the program to its end, killing it when it takes too long.
  static func run(
    _ arguments: String..., environment: [String: String] = [:]
  ) async throws -> UpdraftProgram {
    try await run(arguments, environment: environment)
  }

  /// Runs the program to its end, killing it when it takes too long.
  static func run(
    _ arguments: [String], environment: [String: String] = [:]
  ) async throws -> UpdraftProgram {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("updraft-cli-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let files = try ["out", "err"].map { name in
      let url = folder.appendingPathComponent(name)
      _ = FileManager.default.createFile(atPath: url.path, contents: nil)
      return (url: url, handle: try FileHandle(forWritingTo: url))
    }
    let process = Process()
    process.executableURL = buildFolder.appendingPathComponent("updraft")
    process.arguments = arguments
    process.currentDirectoryURL = folder
    process.environment = environment.merging(["PATH": "/usr/bin:/bin"]) { given, _ in given }
    process.standardOutput = files[0].handle
    process.standardError = files[1].handle
    let ended = AsyncStream<Void>.makeStream()
    process.terminationHandler = { _ in ended.continuation.finish() }
    try process.run()
    let processID = process.processIdentifier
    let alarm = DispatchSource.makeTimerSource()
    alarm.schedule(deadline: .now() + timeoutSeconds)
    alarm.setEventHandler { kill(processID, SIGKILL) }
    alarm.resume()
    for await _ in ended.stream {}
    alarm.cancel()
    let texts = try files.map { try String(contentsOf: $0.url, encoding: .utf8) }
    let isSignal = process.terminationReason == .uncaughtSignal
    return UpdraftProgram(
      status: process.terminationStatus + (isSignal ? 128 : 0), output: texts[0],
      errors: texts[1].split(separator: "\n").map(String.init))
  }

  /// The folder of the built programs, which the tests' own program lies in.
  private static var buildFolder: URL {
    URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
  }
}

/// An empty database on a scratch server that the suites share.
struct CommandDatabase {
  let configuration: DatabaseConfiguration

  private static let server = Task { try await ScratchPostgres.start(.forTests) }
  private static let lastNumber = Atomic(0)

  static func empty() async throws -> CommandDatabase {
    let server = try await server.value
    let number = lastNumber.wrappingAdd(1, ordering: .relaxed).newValue
    var configuration = server.configuration
    let maintenance = CommandDatabase(configuration: configuration)
    configuration.database = "cli_\(number)"
    try maintenance.with { try $0.execute("CREATE DATABASE cli_\(number)", doing: "set up") }
    return CommandDatabase(configuration: configuration)
  }

  /// The environment variables that lead to it.
  var environment: [String: String] {
    [
      "POSTGRES_HOST": configuration.host ?? "", "POSTGRES_USER": configuration.user ?? "",
      "POSTGRES_PORT": configuration.port.map(String.init) ?? "",
      "POSTGRES_DB": configuration.database ?? "",
    ]
  }

  private func with(_ body: (PostgresConnection) throws -> Void) throws {
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let connection = try PostgresConnection(configuration, logger: logger)
    defer { connection.close() }
    try body(connection)
  }
}
