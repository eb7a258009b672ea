import Competition
import Glibc
public import Storage
import Synchronization

/// A private PostgreSQL server for tests, benchmarks and the demo: own data folder, own socket, an
/// unprivileged user when this process is root; never a system server.
///
/// It lives until `stop()`. When this process ends without it, the server is shut down by the
/// kernel's parent-death signal; a temporary folder is removed at a normal exit, else by the next
/// process that starts a scratch server.
public final class ScratchPostgres: Sendable {
  /// How the server is told to stop.
  public enum StopMode: Sendable {
    /// Sessions are ended, transactions rolled back, the data written.
    case fast
    /// As in a crash: at once, with recovery at the next start.
    case immediate
  }

  private struct State {
    var processID: pid_t?
    /// That of the last launch.
    var thread: WorkThread?
  }

  /// What the server was made with.
  public let options: ScratchPostgresOptions
  /// The folder with the server's data.
  public let dataFolder: String
  /// The folder with the Unix socket, the `host` for clients.
  public let socketFolder: String
  /// The server's log.
  public let logPath: String
  private let folder: ScratchFolder
  private let user: UnprivilegedUser?
  private let state = Mutex(State())
  private static let running = Mutex<[ScratchPostgres]>([])
  private static let exitHandler: Void = { atexit(scratchPostgresDidReachExit) }()

  /// Makes the folders and, in an empty data folder, the files, and starts the server.
  ///
  /// - Throws: `ScratchPostgresError`, with the end of the server's log.
  public static func start(
    _ options: ScratchPostgresOptions = ScratchPostgresOptions()
  ) async throws -> ScratchPostgres {
    let server = try ScratchPostgres(options)
    _ = exitHandler
    running.withLock { $0.append(server) }
    do {
      try await server.launch()
    } catch {
      await server.stop()
      throw error
    }
    return server
  }

  private init(_ options: ScratchPostgresOptions) throws(ScratchPostgresError) {
    user = try UnprivilegedUser.forServer()
    folder = try ScratchFolder(owner: user)
    self.options = options
    socketFolder = folder.path
    dataFolder = options.dataFolder ?? "\(folder.path)/data"
    logPath = "\(folder.path)/server.log"
    if let obstacle = user?.obstacle(onTheWayTo: dataFolder) {
      folder.remove()
      throw ScratchPostgresError(
        "user \(user?.name ?? "") can't enter \(obstacle), so not use \(dataFolder)",
        hint: "choose a data folder outside of it, for example under /var/tmp")
    }
  }

  /// The database's coordinates for a client on this machine.
  public var configuration: DatabaseConfiguration {
    var configuration = DatabaseConfiguration()
    configuration.host = socketFolder
    configuration.port = options.port
    configuration.user = options.user
    configuration.password = options.password
    configuration.database = options.database
    return configuration
  }

  /// The server's process id; nil when it doesn't run.
  public var processID: Int32? { state.withLock { $0.processID } }

  /// Starts the server again after `halt`.
  ///
  /// - Throws: `ScratchPostgresError`, with the end of the server's log.
  public func launch() async throws {
    let starter = PostgresStarter(
      options: options, dataFolder: dataFolder, socketFolder: socketFolder, logPath: logPath,
      user: user, configuration: configuration)
    guard processID == nil else {
      throw ScratchPostgresError("it runs already", hint: "halt it first")
    }
    await joinThread()
    // The server's parent is the thread that waits for its end: the kernel sends the parent-death
    // signal when that thread ends, and threads of a pool come and go.
    try await withCheckedThrowingContinuation {
      (continuation: CheckedContinuation<Void, any Error>) in
      do throws(ThreadError) {
        let thread = try WorkThread { self.serve(starter, continuation) }
        state.withLock { $0.thread = thread }
      } catch {
        continuation.resume(throwing: error)
      }
    }
  }

  /// Stops the server and waits for its end; its files stay.
  public func halt(_ mode: StopMode = .fast) async {
    let processID = processID
    resume()
    if let processID { kill(processID, mode == .fast ? SIGINT : SIGQUIT) }
    let force = Task {
      try await Task.sleep(for: .seconds(15))
      if let processID { kill(processID, SIGKILL) }
    }
    defer { force.cancel() }
    await joinThread()
  }

  /// Stops the server for good and removes its temporary folder; a given data folder is kept.
  public func stop() async {
    await halt()
    forget()
  }

  /// Freezes the server and all its sessions (SIGSTOP), as an overloaded machine would.
  public func suspend() { signalEveryone(SIGSTOP) }

  /// Lets a frozen server go on.
  public func resume() { signalEveryone(SIGCONT) }

  /// Ends all that still runs at the process's exit.
  fileprivate static func endAll() {
    for server in running.withLock({ $0 }) {
      if let processID = server.processID {
        server.resume()
        kill(processID, SIGINT)
        let deadline = MonotonicInstant.now().advanced(by: .seconds(5))
        // The server's own thread waits for the process and then clears the id.
        while server.processID != nil, MonotonicInstant.now() < deadline { usleep(5_000) }
        if server.processID == nil { server.state.withLock { $0.thread }?.join() }
      }
      server.folder.remove()
    }
  }

  private func forget() {
    Self.running.withLock { $0.removeAll { $0 === self } }
    folder.remove()
  }

  /// The thread: starts the server and waits for its end.
  private func serve(
    _ starter: PostgresStarter, _ continuation: CheckedContinuation<Void, any Error>
  ) {
    do throws(ScratchPostgresError) {
      let processID = try starter.start()
      state.withLock { $0.processID = processID }
      continuation.resume()
      _ = ProcessEnd.wait(for: processID)
      state.withLock { $0.processID = nil }
    } catch {
      continuation.resume(throwing: error)
    }
  }

  private func joinThread() async { await state.withLock { $0.thread }?.join() }

  private func signalEveryone(_ signal: Int32) {
    guard let processID else { return }
    kill(processID, signal)
    let tasks = TextFile.read("/proc/\(processID)/task/\(processID)/children") ?? ""
    for child in tasks.split(separator: " ").compactMap({ pid_t($0) }) { kill(child, signal) }
  }
}

/// The handler for `atexit`.
private func scratchPostgresDidReachExit() { ScratchPostgres.endAll() }
