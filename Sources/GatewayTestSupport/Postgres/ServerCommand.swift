import Glibc

/// A program to start with posix_spawn: as an unprivileged user, in its own process group, with a
/// clean environment, and ended by the kernel when the thread that started it is gone.
///
/// `setpriv` (util-linux) does the change of user and asks for the parent-death signal; without it
/// an ordinary user's program runs directly, and what a killed parent leaves behind is found by its
/// `postmaster.pid` at the next start.
struct ServerCommand {
  let program: String
  let arguments: [String]
  let user: UnprivilegedUser?
  /// Where standard output and standard error are appended.
  let logPath: String
  /// The signal at the parent's end: INT is PostgreSQL's fast shutdown.
  var deathSignal = "INT"

  private static let setprivPaths = ["/usr/bin/setpriv", "/bin/setpriv"]
  private static let environment = ["PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C", "TZ=UTC"]

  /// Starts the program and returns its process id.
  func spawn() throws(ScratchPostgresError) -> pid_t {
    let words = try commandLine()
    var actions = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, logPath, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    // A terminal's Ctrl-C must not reach the server before its clients are done with it.
    let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK
    posix_spawnattr_setflags(&attributes, Int16(flags))
    posix_spawnattr_setpgroup(&attributes, 0)
    var signals = sigset_t()
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    var processID = pid_t()
    let code = words.withCStrings { words in
      Self.environment.withCStrings { environment in
        guard let path = words[0] else { return ENOMEM }
        return posix_spawn(&processID, path, &actions, &attributes, words, environment)
      }
    }
    guard code == 0 else {
      throw ScratchPostgresError(
        "can't start \(words.first ?? program): \(String(cString: strerror(code)))",
        hint: "check that it is installed and may be run")
    }
    return processID
  }

  /// Runs the program to its end and returns its exit code; a signal counts as 128 + its number.
  func run() throws(ScratchPostgresError) -> Int32 {
    ProcessEnd.wait(for: try spawn())
  }

  private func commandLine() throws(ScratchPostgresError) -> [String] {
    guard let setpriv = Self.setprivPaths.first(where: { access($0, X_OK) == 0 }) else {
      guard user == nil else {
        throw ScratchPostgresError(
          "setpriv is missing, which starts PostgreSQL as another user than root",
          hint: "install util-linux, or run this as an ordinary user")
      }
      return [program] + arguments
    }
    var words = [setpriv, "--pdeathsig=\(deathSignal)"]
    if let user {
      words += ["--reuid=\(user.userID)", "--regid=\(user.groupID)", "--clear-groups"]
    }
    return words + ["--", program] + arguments
  }
}

/// The end of a child process.
enum ProcessEnd {
  /// Waits for child `processID` and returns its exit code; a signal counts as 128 + its number.
  static func wait(for processID: pid_t) -> Int32 {
    var status: Int32 = 0
    while waitpid(processID, &status, 0) < 0 {
      guard errno == EINTR else { return -1 }
    }
    return code(status)
  }

  /// The exit code if child `processID` has ended already; takes its entry away then.
  static func poll(_ processID: pid_t) -> Int32? {
    var status: Int32 = 0
    return waitpid(processID, &status, WNOHANG) == processID ? code(status) : nil
  }

  private static func code(_ status: Int32) -> Int32 {
    let signal = status & 0x7F
    return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
  }
}

extension [String] {
  /// Lends the strings as a NULL-ended array of C strings.
  fileprivate func withCStrings<Result>(
    _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
  ) -> Result {
    let pointers = map { strdup($0) }
    defer { pointers.forEach { free($0) } }
    return body(pointers + [nil])
  }
}
