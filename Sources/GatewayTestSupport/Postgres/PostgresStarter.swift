import Competition
import Glibc
import Storage

/// Takes a server from nothing to ready; blocks, on the server's own thread.
struct PostgresStarter: Sendable {
  let options: ScratchPostgresOptions
  let dataFolder: String
  let socketFolder: String
  let logPath: String
  let user: UnprivilegedUser?
  let configuration: DatabaseConfiguration

  /// Returns the process id of a server that takes connections and has the database.
  func start() throws(ScratchPostgresError) -> pid_t {
    let deadline = MonotonicInstant.now().advanced(by: options.startTimeout)
    let installation = try PostgresInstallation.find()
    try makeDataFolder()
    RunningPostmaster(dataFolder: dataFolder)?.stop(within: .seconds(30))
    if access("\(dataFolder)/PG_VERSION", F_OK) != 0 { try initialize(installation) }
    let processID = try command(installation.program("postgres"), serverArguments).spawn()
    var hasEnded = false
    do throws(ScratchPostgresError) {
      try makeDatabase(processID, hasEnded: &hasEnded, by: deadline)
      return processID
    } catch {
      if !hasEnded {
        kill(processID, SIGQUIT)
        _ = ProcessEnd.wait(for: processID)
      }
      throw error
    }
  }

  private var serverArguments: [String] {
    var settings = options.settings
    settings["listen_addresses"] = options.listensOnLoopback ? "127.0.0.1" : ""
    settings["port"] = String(options.port)
    settings["unix_socket_directories"] = socketFolder
    return ["-D", dataFolder]
      + settings.sorted { $0.key < $1.key }.flatMap { ["-c", "\($0.key)=\($0.value)"] }
  }

  private func command(_ program: String, _ arguments: [String]) -> ServerCommand {
    ServerCommand(program: program, arguments: arguments, user: user, logPath: logPath)
  }

  private func makeDataFolder() throws(ScratchPostgresError) {
    if mkdir(dataFolder, 0o700) != 0, errno != EEXIST {
      throw failure("can't make \(dataFolder): \(String(cString: strerror(errno)))")
    }
    guard let user else { return }
    if chown(dataFolder, user.userID, user.groupID) != 0 {
      throw failure("can't give \(dataFolder) to \(user.name)")
    }
  }

  private func initialize(_ installation: PostgresInstallation) throws(ScratchPostgresError) {
    var arguments = [
      "-D", dataFolder, "-U", options.user, "-E", "UTF8", "--locale=C", "--no-instructions",
    ]
    // Nothing of a temporary server outlives the machine, so that its files need no sync.
    if options.dataFolder == nil { arguments.append("--no-sync") }
    let passwordPath = "\(socketFolder)/password"
    if let password = options.password {
      try write(password, to: passwordPath)
      arguments += ["--auth=scram-sha-256", "--pwfile=\(passwordPath)"]
    } else {
      arguments += ["--auth-local=trust", "--auth-host=reject"]
    }
    defer { unlink(passwordPath) }
    guard try command(installation.program("initdb"), arguments).run() == 0 else {
      throw failure("initdb failed in \(dataFolder)")
    }
  }

  /// Waits until the server takes connections, and makes the database if it is missing.
  private func makeDatabase(
    _ processID: pid_t, hasEnded: inout Bool, by deadline: MonotonicInstant
  ) throws(ScratchPostgresError) {
    var maintenance = configuration
    maintenance.database = "postgres"
    var last: StorageError?
    while MonotonicInstant.now() < deadline {
      if ProcessEnd.poll(processID) != nil {
        hasEnded = true
        throw failure("the server ended at its start")
      }
      do throws(StorageError) {
        let connection = try PostgresConnection(maintenance)
        defer { connection.close() }
        return try createDatabase(connection)
      } catch {
        guard error.code == .unreachable else { throw failure("\(error)") }
        last = error
      }
      // The server tells nobody that it is ready: ask again soon.
      usleep(20_000)
    }
    throw failure("not ready after \(options.startTimeout.text): \(last.map { "\($0)" } ?? "")")
  }

  private func createDatabase(_ connection: PostgresConnection) throws(StorageError) {
    let doing = "make the database \(options.database)"
    let found = try connection.query(
      "SELECT FROM pg_database WHERE datname = $1", [.text(options.database)], doing: doing)
    guard found.count == 0 else { return }
    try connection.execute(
      "CREATE DATABASE \"\(options.database)\"", doing: doing)
  }

  private func write(_ text: String, to path: String) throws(ScratchPostgresError) {
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw failure("can't write \(path)") }
    defer { close(file) }
    if let user { fchown(file, user.userID, user.groupID) }
    let bytes = Array(text.utf8)
    guard Glibc.write(file, bytes, bytes.count) == bytes.count else {
      throw failure("can't write \(path)")
    }
  }

  private func failure(_ message: String) -> ScratchPostgresError {
    let log =
      TextFile.read(logPath, bytesMax: 2_000)?
      .split(separator: "\n").suffix(5).joined(separator: "\n") ?? ""
    return ScratchPostgresError(
      message, hint: log.isEmpty ? "it left no log" : "the end of its log:\n\(log)")
  }
}
