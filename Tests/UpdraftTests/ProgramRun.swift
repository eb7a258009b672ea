import EventLoop
import Glibc
import JSON
import Testing

/// A program that ran to its end: what it printed, and how it ended.
struct ProgramRun: Sendable {
  let lines: [String]
  let exit: ChildExit?

  private static let timeMax = Duration.seconds(60)

  /// `updraft call tick` against an orchestrator of this machine.
  static func call(_ port: UInt16) throws -> [String] {
    [
      try updraft(), "call", "tick", "--json", "--crunch", "game", "--orchestrator",
      "127.0.0.1:\(port)", "--timeout", "20s",
    ]
  }

  /// The tool, which lies beside the test bundle.
  static func updraft() throws -> String {
    var path = [CChar](repeating: 0, count: 4_096)
    let count = readlink("/proc/self/exe", &path, path.count)
    try #require(count > 0)
    let own = String(decoding: path[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let bundles = CommandLine.arguments.filter { $0.hasSuffix(".xctest") } + [own]
    let places = bundles.map { bundle in
      bundle.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/updraft"
    }
    return try #require(places.first { access($0, X_OK) == 0 }, "\(places)")
  }

  /// Runs a program, found in `PATH`, until it ends; kills it after a minute.
  static func finish(_ words: [String]) async throws -> ProgramRun {
    let thread = try LoopThread(name: "program")
    let run: ProgramRun = try await withCheckedThrowingContinuation { ended in
      Task(executorPreference: thread.executor) {
        let state = State()
        let timer = LoopTimer(on: thread.loop) { state.child?.send(SIGKILL) }
        let options = ChildProcessOptions(
          executable: words[0], arguments: Array(words.dropFirst()))
        do {
          state.child = try ChildProcess.start(options, on: thread.loop) { line in
            state.lines.append(line)
          } exited: { exit in
            timer.close()
            state.child = nil
            ended.resume(returning: ProgramRun(lines: state.lines, exit: exit))
          }
          timer.arm(after: timeMax)
        } catch {
          timer.close()
          ended.resume(throwing: error)
        }
      }
    }
    #expect(await thread.stop() == 0)
    return run
  }

  /// The object of the first round.
  func round() throws -> JSONValue { try object { $0["round"] != nil } }

  /// The summary object.
  func summary() throws -> JSONValue { try object { $0["summary"] != nil } }

  private func object(_ fits: (JSONValue) -> Bool) throws -> JSONValue {
    let objects = lines.compactMap { try? JSONValue.parse(text: $0) }
    let found = objects.first { fits($0) }
    return try #require(found, "\(lines)")
  }

  private final class State {
    var child: ChildProcess?
    var lines: [String] = []
  }
}
