import EventLoop
import Foundation

/// A program that runs beside a test, its output in files of the test's folder.
final class Program: Sendable {
  /// The program's file name and first arguments, for messages.
  let name: String
  private let files: String
  private let child: LoopBound<Child>

  /// Starts the program; it ends with this process at the latest.
  fileprivate init(name: String, files: String, child: LoopBound<Child>) {
    self.name = name
    self.files = files
    self.child = child
  }

  convenience init(
    _ words: [String], variables: [String: String], input: String, files: String,
    on thread: LoopThread
  ) async throws {
    try input.write(toFile: files + ".in", atomically: true, encoding: .utf8)
    // The shell gives the program its files and becomes it, by way of the parent-death signal.
    let script = #"exec setpriv --pdeathsig TERM "$@" <"$0.in" >"$0.out" 2>"$0.err""#
    var options = ChildProcessOptions(
      executable: "/bin/sh", arguments: ["-c", script, files] + words)
    options.environment = Self.inherited.merging(variables) { $1 }
    let ready = options
    let child = try await LoopBound(on: thread) { loop in try Child(ready, on: loop) }
    let first = words.first.map { ($0 as NSString).lastPathComponent } ?? ""
    let name = ([first] + words.dropFirst().prefix(3)).joined(separator: " ")
    self.init(name: name, files: files, child: child)
  }

  /// What it has written on standard output.
  var output: String { Self.text(files + ".out") }

  /// What it has written on standard error.
  var errors: String { Self.text(files + ".err") }

  /// The complete lines of standard error.
  var errorLines: [String] {
    errors.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
  }

  /// Its process id.
  var processID: Int32 { get async { await child.run { $0.process?.processID ?? 0 } } }

  /// How it ended; nil while it runs.
  var exit: ChildExit? { get async { await child.run(\.exit) } }

  /// Sends a signal to the program alone, not to those that it started.
  func signal(_ number: Int32) async {
    await child.run { child in
      guard child.exit == nil, let id = child.process?.processID, id > 0 else { return }
      _ = Glibc.kill(id, number)
    }
  }

  /// Kills it and what it started in its group, and waits for its end.
  func kill() async {
    await withCheckedContinuation { done in
      child.post { $0.kill { done.resume() } }
    }
  }

  private static func text(_ path: String) -> String {
    FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  /// Our environment without what leads to a database or an orchestrator.
  private static let inherited = ProcessInfo.processInfo.environment.filter { name, _ in
    !["POSTGRES_", "PG", "MODEL_RUNNER_", "NOTIFY_SOCKET", "WATCHDOG_"]
      .contains { name.hasPrefix($0) }
  }
}

/// How a program ended, and what it had written.
struct Ended: Sendable, CustomStringConvertible {
  let exit: ChildExit
  let output: String
  let errors: String

  /// The exit code; nil when a signal ended it.
  var code: Int64? { exit.signal == 0 ? exit.code : nil }

  /// The lines of standard error.
  var errorLines: [String] { errors.split(separator: "\n").map(String.init) }

  /// The lines of standard output.
  var outputLines: [String] { output.split(separator: "\n").map(String.init) }

  var description: String { "\(exit)\nstdout: \(output)\nstderr: \(errors)" }
}

/// The process on its loop.
private final class Child {
  private(set) var process: ChildProcess?
  private(set) var exit: ChildExit?
  private var waiters: [() -> Void] = []

  init(_ options: ChildProcessOptions, on loop: Loop) throws {
    process = try ChildProcess.start(options, on: loop) { _ in
    } exited: { [weak self] exit in
      self?.ended(exit)
    }
  }

  func kill(_ ended: @escaping () -> Void) {
    guard exit == nil else { return ended() }
    waiters.append(ended)
    process?.send(SIGKILL)
  }

  private func ended(_ exit: ChildExit) {
    self.exit = exit
    process?.killGroup()
    for waiter in waiters { waiter() }
    waiters = []
  }
}
