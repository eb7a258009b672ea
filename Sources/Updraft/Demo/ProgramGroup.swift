import EventLoop
import Glibc

/// The demo's child processes: each leads a group of its own, writes to a log of its own, and ends
/// when the demo does, however that ends.
///
/// Ended by `close()`.
final class ProgramGroup: Sendable {
  /// How often `beat` comes.
  private static let beat = Duration.milliseconds(250)
  private static let setprivPaths = ["/usr/bin/setpriv", "/bin/setpriv"]

  /// Everything that happens, the demo's own signals included.
  let events: AsyncStream<DemoEvent>
  private let sink: AsyncStream<DemoEvent>.Continuation
  private let thread: LoopThread
  private let children: LoopBound<Children>

  /// Starts the thread that watches the programs.
  init() async throws {
    let (events, sink) = AsyncStream.makeStream(
      of: DemoEvent.self, bufferingPolicy: .bufferingNewest(10_000))
    let thread = try LoopThread(name: "programs")
    children = try await LoopBound(on: thread) { loop in
      Children(on: loop, beat: Self.beat, tell: { sink.yield($0) })
    }
    (self.events, self.sink, self.thread) = (events, sink, thread)
  }

  /// Says that the demo is to stop.
  func interrupt() { sink.yield(.interrupted) }

  /// Starts a program.
  ///
  /// - Throws: `EventLoopError` when it can't be started.
  func start(
    _ program: DemoProgram, _ executable: String, _ arguments: [String], folder: String,
    environment: [String: String], log: String
  ) async throws(EventLoopError) {
    var options = ChildProcessOptions(executable: executable, arguments: arguments)
    // The loop's thread is the child's parent and lives as long as this process.
    if let setpriv = Self.setprivPaths.first(where: { access($0, X_OK) == 0 }) {
      options.executable = setpriv
      options.arguments = ["--pdeathsig=TERM", "--", executable] + arguments
    }
    options.workingDirectory = folder
    options.environment = environment
    let planned = options
    let result = await children.run { children -> Result<Void, EventLoopError> in
      do throws(EventLoopError) {
        return .success(try children.start(program, planned, log: log))
      } catch {
        return .failure(error)
      }
    }
    try result.get()
  }

  /// Ends a program: SIGTERM, and SIGKILL to its group when it takes longer than `limit`.
  ///
  /// - Returns: How it ended; nil when it wasn't running.
  @discardableResult
  func stop(_ program: DemoProgram, within limit: Duration) async -> ChildExit? {
    await withCheckedContinuation { done in
      children.post { $0.stop(program, within: limit) { done.resume(returning: $0) } }
    }
  }

  /// Kills every program that still runs, at once.
  func killAll() { children.post { $0.killAll() } }

  /// Ends the thread; the programs have been stopped before.
  func close() async {
    await children.run { $0.close() }
    sink.finish()
    await thread.stop()
  }
}

/// The children on their loop.
private final class Children {
  private final class Entry {
    var child: ChildProcess?
    let log: ProgramLog
    var killer: LoopTimer?
    var waiters: [(ChildExit?) -> Void] = []
    init(log: ProgramLog) { self.log = log }
  }

  private let loop: Loop
  private let tell: (DemoEvent) -> Void
  private let timer: LoopTimer
  private var entries: [DemoProgram: Entry] = [:]

  init(on loop: Loop, beat: Duration, tell: @escaping (DemoEvent) -> Void) {
    self.loop = loop
    self.tell = tell
    timer = LoopTimer(on: loop) { tell(.beat) }
    timer.repeatEvery(beat)
  }

  func start(
    _ program: DemoProgram, _ options: ChildProcessOptions, log path: String
  ) throws(EventLoopError) {
    let entry = Entry(log: ProgramLog(path: path))
    do {
      entry.child = try ChildProcess.start(options, on: loop) { [tell] line in
        entry.log.add(line)
        tell(.line(program, line))
      } exited: { [weak self] exit in
        self?.ended(program, exit)
      }
    } catch {
      entry.log.close()
      throw error
    }
    entries[program] = entry
  }

  func stop(
    _ program: DemoProgram, within limit: Duration, done: @escaping (ChildExit?) -> Void
  ) {
    guard let entry = entries[program], let child = entry.child else { return done(nil) }
    entry.waiters.append(done)
    child.send(SIGTERM)
    guard entry.killer == nil else { return }
    entry.killer = LoopTimer(on: loop) { entry.child?.send(SIGKILL) }
    entry.killer?.arm(after: limit)
  }

  func killAll() { for entry in entries.values { entry.child?.send(SIGKILL) } }

  func close() { timer.close() }

  private func ended(_ program: DemoProgram, _ exit: ChildExit) {
    guard let entry = entries.removeValue(forKey: program) else { return }
    entry.child?.killGroup()
    entry.child = nil
    entry.killer?.close()
    entry.log.close()
    tell(.ended(program, exit, lastLines: entry.log.tail))
    for waiter in entry.waiters { waiter(exit) }
  }
}
