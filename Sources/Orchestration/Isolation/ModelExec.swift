import Competition
import EventLoop
import Glibc

/// The step between the orchestrator and a model's program: `model-orchestrator exec-model
/// [NAME=VALUE…] -- PROGRAM [ARGUMENT…]` limits itself and becomes the program.
///
/// It stands between because libuv has no place for it between `fork` and `exec`.
public enum ModelExec {
  /// The hidden subcommand.
  public static let name = "exec-model"
  /// The exit codes of a shell: the program can't be started, it isn't there.
  private static let refusedCode: Int32 = 126
  private static let missingCode: Int32 = 127

  /// Whether a program's arguments, its own name included, ask for this.
  public static func isAsked(_ arguments: [String]) -> Bool {
    arguments.count > 1 && arguments[1] == name
  }

  /// Becomes the model's program.
  ///
  /// - Parameter arguments: All arguments of this process, which must have one thread.
  /// - Returns: The exit code; only when it could not become the program.
  public static func run(_ arguments: [String]) -> Int32 {
    guard let end = arguments.firstIndex(of: "--"), end + 1 < arguments.count else {
      return fail("the program is missing: it is started by the orchestrator, not by hand")
    }
    var settings: [String: Int] = [:]
    for word in arguments[2..<max(2, end)] {
      let parts = word.split(separator: "=", maxSplits: 1)
      guard parts.count == 2, let value = Int(parts[1]), value >= 0 else {
        return fail("\(word) is no NAME=NUMBER")
      }
      settings[String(parts[0])] = value
    }
    if let refusal = confine(settings) { return fail(refusal) }
    return become(Array(arguments[(end + 1)...]))
  }

  /// Limits this process; the text of what was refused, or nil.
  private static func confine(_ settings: [String: Int]) -> String? {
    // What the kernel can't count apart is left to the orchestrator's look each second.
    if settings["apart"] == 1, geteuid() != 0, OwnProcess.enterUserNamespace() != 0 {
      return confine(settings.filter { $0.key != "apart" && $0.key != "processes" })
    }
    if let parent = settings["parent"] {
      let code = OwnProcess.followParent(with: SIGKILL)
      if code != 0 { return "follow the orchestrator's end: \(text(code))" }
      // It may have ended before the kernel was asked.
      if getppid() != Int32(truncatingIfNeeded: parent) { return "the orchestrator has ended" }
    }
    if settings["unprivileged"] == 1 {
      let code = OwnProcess.refusePrivileges()
      if code != 0 { return "refuse privileges: \(text(code))" }
    }
    // When memory is short, a model goes before the orchestrator. It may be that it can't be said.
    if let score = settings["oom"] {
      try? FileText.write("\(score)", to: "/proc/self/oom_score_adj")
    }
    for (name, resource) in resources {
      guard let value = settings[name] else { continue }
      let code = limit(resource, to: UInt(value))
      if code != 0 { return "limit \(name) to \(value): \(text(code))" }
    }
    return nil
  }

  private static let resources: [(name: String, resource: __rlimit_resource)] = [
    ("core", RLIMIT_CORE), ("files", RLIMIT_NOFILE), ("processes", __RLIMIT_NPROC),
    ("cpu", RLIMIT_CPU), ("file-size", RLIMIT_FSIZE), ("memory", RLIMIT_DATA),
  ]

  /// Sets both limits, and never above what this process was given itself.
  private static func limit(_ resource: __rlimit_resource, to value: UInt) -> Int32 {
    let resource = __rlimit_resource_t(resource.rawValue)
    var now = rlimit()
    guard getrlimit(resource, &now) == 0 else { return errno }
    let allowed = min(now.rlim_max, rlim_t(value))
    var wanted = rlimit(rlim_cur: allowed, rlim_max: allowed)
    return setrlimit(resource, &wanted) == 0 ? 0 : errno
  }

  private static func become(_ words: [String]) -> Int32 {
    var pointers = words.map { strdup($0) } + [nil]
    execvp(words[0], &pointers)
    let code = errno
    for pointer in pointers { free(pointer) }
    let missing = code == ENOENT || code == ENOTDIR
    return fail("start \(words[0]): \(text(code))", code: missing ? missingCode : refusedCode)
  }

  private static func text(_ code: Int32) -> String { String(cString: strerror(code)) }

  private static func fail(_ reason: String, code: Int32 = refusedCode) -> Int32 {
    let line = Array("\(name): \(reason)\n".utf8)
    _ = write(STDERR_FILENO, line, line.count)
    return code
  }
}
