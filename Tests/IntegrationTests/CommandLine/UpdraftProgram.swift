import EventLoop
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
  private static let timeout = Duration.seconds(60)

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
    let program = buildFolder.appendingPathComponent("updraft").path
    let base = folder.appendingPathComponent("run").path
    let thread = try LoopThread(name: "updraft")
    let exit = try await withCheckedThrowingContinuation { ended in
      Task(executorPreference: thread.executor) {
        do {
          try start(program, arguments, environment, files: base, on: thread.loop) {
            ended.resume(returning: $0)
          }
        } catch {
          ended.resume(throwing: error)
        }
      }
    }
    await thread.stop()
    let texts = try [".out", ".err"].map { try String(contentsOfFile: base + $0, encoding: .utf8) }
    return UpdraftProgram(
      status: exit.signal == 0 ? Int32(exit.code) : 128 + exit.signal, output: texts[0],
      errors: texts[1].split(separator: "\n").map(String.init))
  }

  /// The shell gives the program its files and becomes it. (Foundation's `Process` notices an end
  /// by a descriptor that every other child started meanwhile inherits: a server among them hides
  /// it.)
  private static func start(
    _ program: String, _ arguments: [String], _ environment: [String: String], files: String,
    on loop: Loop, ended: @escaping (ChildExit) -> Void
  ) throws {
    let script = #"exec "$@" </dev/null >"$0.out" 2>"$0.err""#
    var options = ChildProcessOptions(
      executable: "/bin/sh", arguments: ["-c", script, files, program] + arguments)
    options.environment = environment.merging(["PATH": "/usr/bin:/bin"]) { given, _ in given }
    options.workingDirectory = (files as NSString).deletingLastPathComponent
    final class Running { var child: ChildProcess? }
    let running = Running()
    let alarm = LoopTimer(on: loop) { running.child?.send(SIGKILL) }
    do {
      running.child = try ChildProcess.start(options, on: loop, line: { _ in }) { exit in
        alarm.close()
        running.child = nil
        ended(exit)
      }
      alarm.arm(after: timeout)
    } catch {
      alarm.close()
      throw error
    }
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

  /// Runs statements.
  func execute(_ sql: String) throws { try with { try $0.execute(sql, doing: "set up") } }

  private func with(_ body: (PostgresConnection) throws -> Void) throws {
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let connection = try PostgresConnection(configuration, logger: logger)
    defer { connection.close() }
    try body(connection)
  }
}
