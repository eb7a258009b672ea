import Competition
import EventLoop
import Glibc
import Testing

@testable import Orchestration

/// A program that tests run beside: its lines, and its end.
final class Command {
  private(set) var lines: [String] = []
  private(set) var exit: ChildExit?
  private var child: ChildProcess?

  init(_ words: [String], environment: [String: String]? = nil, on loop: Loop) throws {
    var options = ChildProcessOptions(executable: words[0], arguments: Array(words.dropFirst()))
    options.environment = environment
    child = try ChildProcess.start(options, on: loop) { [weak self] line in
      self?.lines.append(line)
    } exited: { [weak self] exit in
      self?.exit = exit
      self?.child = nil
    }
  }

  func kill() { send(SIGKILL) }

  /// Kills the program only, not the group that it leads.
  func killAlone() { if let child { _ = Glibc.kill(child.processID, SIGKILL) } }

  func send(_ signal: Int32) { child?.send(signal) }
}

/// `model-orchestrator`, which lies beside the test bundle.
func program() throws -> String {
  let arguments = CommandLine.arguments.filter { $0.hasSuffix(".xctest") }
  let folders = (arguments + [Folder.ownProgram()]).map { Folder.parent(of: $0) }
  return try #require(
    folders.map { $0 + "/model-orchestrator" }.first { Folder.isFile($0) }, "\(folders)")
}

/// The folder of this package.
let packageFolder = #filePath.split(separator: "/").dropLast(4).map { "/" + $0 }.joined()

/// Runs a program to its end and returns its lines, standard error included.
func run(_ words: [String], within time: Duration, on thread: LoopThread) async throws -> (
  lines: [String], exit: ChildExit?
) {
  let command = try await OnLoop(thread) { try Command(words, on: $0) }
  let exit = await command.eventually(within: time) { $0.exit }
  if exit == nil {
    await command.use { $0.kill() }
    _ = await command.eventually { $0.exit }
  }
  return await (command.use { $0.lines }, exit)
}
