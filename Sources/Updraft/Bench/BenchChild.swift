import Benchmarking
import Competition
import EventLoop
import Glibc
import Synchronization

/// A program that a benchmark measures or needs; it ends when this process does, however that ends.
///
/// Ended by `stop()`.
final class BenchChild: Sendable {
  private struct State {
    var lines: [String] = []
    var exit: ChildExit?
  }

  /// How often a wait looks.
  private static let look = Duration.milliseconds(10)
  /// How long a program may take to stop.
  private static let stopTimeout = Duration.seconds(12)
  /// Lines kept; half a million of a worker's are some 200 MB and more than a soak gives.
  private static let lineCountMax = 500_000
  private static let setprivPaths = ["/usr/bin/setpriv", "/bin/setpriv"]

  /// The program's name, for messages.
  let name: String
  /// The process, the shell's own when it is a peer's command.
  let processID: Int32
  private let thread: LoopThread
  private let child: LoopBound<ChildBox>
  private let state: SharedState

  private final class SharedState: Sendable { let value = Mutex(State()) }

  /// Starts a program by its words. Standard output goes to the file `output`; without one it is
  /// kept as lines, like standard error, those that `keeps` wants.
  static func start(
    _ words: [String], name: String, output: String? = nil,
    keeps: @escaping @Sendable (String) -> Bool = { _ in true }
  ) async throws -> BenchChild {
    var words = words
    if let output { words = ["/bin/sh", "-c", "exec \"$@\" >\"$0\"", output] + words }
    // The loop's thread is the child's parent and lives as long as this process.
    if let setpriv = setprivPaths.first(where: { access($0, X_OK) == 0 }) {
      words = [setpriv, "--pdeathsig=TERM", "--"] + words
    }
    var options = ChildProcessOptions(
      executable: words[0], arguments: Array(words.dropFirst()))
    options.environment = environment
    let (planned, state) = (options, SharedState())
    let thread = try LoopThread(name: "bench")
    do {
      let child = try await LoopBound(on: thread) { loop in
        try ChildBox(
          ChildProcess.start(planned, on: loop) { line in
            guard keeps(line) else { return }
            state.value.withLock { if $0.lines.count < lineCountMax { $0.lines.append(line) } }
          } exited: { exit in
            state.value.withLock { $0.exit = exit }
          })
      }
      return BenchChild(name, thread, child, state, await child.run { $0.process.processID })
    } catch {
      await thread.stop()
      throw error
    }
  }

  private init(
    _ name: String, _ thread: LoopThread, _ child: LoopBound<ChildBox>, _ state: SharedState,
    _ processID: Int32
  ) {
    (self.name, self.thread, self.child, self.state) = (name, thread, child, state)
    self.processID = processID
  }

  /// Ours without what would lead a program to another database or orchestrator than the bench's.
  private static var environment: [String: String] {
    ProcessEnvironment.all.filter { name, _ in
      !["POSTGRES_", "MODEL_RUNNER_", "PG"].contains { name.hasPrefix($0) }
    }
  }

  /// The lines so far.
  var lines: [String] { state.value.withLock { $0.lines } }
  /// How it ended; nil while it runs.
  var exit: ChildExit? { state.value.withLock { $0.exit } }
  /// What it has used so far; nil after its end.
  var usage: ProcessSample? { ProcessSample(processID: processID) }

  /// Waits for a line that gives a value.
  ///
  /// - Throws: `BenchError` when the program ends, or is silent about it for too long.
  func line<Value>(
    saying what: String, within limit: Duration = .seconds(120), _ match: (String) -> Value?
  ) async throws -> Value {
    let deadline = MonotonicInstant.now().advanced(by: limit)
    while true {
      let exit = exit
      if let value = lines.lazy.compactMap(match).first { return value }
      if let exit { throw BenchError("\(name) \(exit) before \(what): \(lastLines)") }
      guard MonotonicInstant.now() < deadline else {
        throw BenchError("\(name): not \(what) within \(limit.text): \(lastLines)")
      }
      try await Task.sleep(for: Self.look)
    }
  }

  /// Waits for the end.
  ///
  /// - Throws: `BenchError` with the last lines when the end is no success, or doesn't come.
  func end(within limit: Duration) async throws {
    let deadline = MonotonicInstant.now().advanced(by: limit)
    while exit == nil {
      guard MonotonicInstant.now() < deadline else {
        throw BenchError("\(name) has not ended within \(limit.text): \(lastLines)")
      }
      try await Task.sleep(for: Self.look)
    }
    if let exit, !exit.isSuccess { throw BenchError("\(name) \(exit): \(lastLines)") }
  }

  /// Ends the program (SIGTERM, then SIGKILL) and what it left in its group, and the thread.
  func stop() async {
    await child.run { $0.process.send(SIGTERM) }
    let deadline = MonotonicInstant.now().advanced(by: Self.stopTimeout)
    var wasKilled = false
    while exit == nil {
      if !wasKilled, MonotonicInstant.now() >= deadline {
        wasKilled = true
        await child.run { $0.process.send(SIGKILL) }
      }
      // A cancelled task waits for the end all the same.
      _ = try? await Task.sleep(for: Self.look)
    }
    await child.run { $0.process.killGroup() }
    await thread.stop()
  }

  private var lastLines: String { lines.suffix(4).joined(separator: " | ") }
}

/// The process on its loop.
private final class ChildBox {
  let process: ChildProcess
  init(_ process: ChildProcess) { self.process = process }
}
