import Competition
import Foundation
import Testing

/// A program that runs beside a test, its output in files.
final class WorkerProcess {
  /// How it ended, and what it had written.
  struct Ended: CustomStringConvertible {
    /// The exit code; nil when a signal ended it.
    let code: Int32?
    let output: String
    let errors: String
    var description: String { "exit \(code.map(String.init) ?? "signal")\n\(output)\n\(errors)" }
  }

  let id: pid_t
  private let files: String
  private var status: Int32?

  /// Starts score-worker, or another program.
  init(_ arguments: [String], program: String? = nil, folder: TestFolder) throws {
    files = folder.path(UUID().uuidString)
    let path = try program ?? Self.built("score-worker")
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, files + ".out", O_WRONLY | O_CREAT, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, files + ".err", O_WRONLY | O_CREAT, 0o600)
    var words = ([path] + arguments).map { strdup($0) } + [nil]
    defer { words.forEach { free($0) } }
    var id: pid_t = 0
    let code = posix_spawnp(&id, path, &actions, nil, &words, environ)
    try #require(code == 0, "\(path): \(String(cString: strerror(code)))")
    self.id = id
  }

  deinit {
    guard status == nil else { return }
    kill(id, SIGKILL)
    waitpid(id, nil, 0)
  }

  /// What it has written to standard error.
  var errors: String { Self.text(files + ".err") }
  var output: String { Self.text(files + ".out") }

  func signal(_ number: Int32) { if status == nil { kill(id, number) } }

  /// Whether it has ended.
  var hasEnded: Bool {
    if status != nil { return true }
    var value: Int32 = 0
    guard waitpid(id, &value, WNOHANG) == id else { return false }
    status = value
    return true
  }

  /// Waits for its end.
  @discardableResult
  func wait(seconds: Int = 120) throws -> Ended {
    try waitUntil(seconds: seconds, "the program has ended: \(errors)") { hasEnded }
    let value = status ?? 0
    return Ended(
      code: value & 0x7F == 0 ? (value >> 8) & 0xFF : nil, output: output, errors: errors)
  }

  /// The path of one of our programs.
  static func built(_ name: String) throws -> String {
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let path = (own as NSString).deletingLastPathComponent + "/" + name
    try #require(access(path, X_OK) == 0, "\(name) is not built")
    return path
  }

  private static func text(_ path: String) -> String {
    FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }
}

/// Asks until it holds, at most so long.
func waitUntil(
  seconds: Int, _ what: @autoclosure () -> String, _ holds: () throws -> Bool
) throws {
  let end = MonotonicInstant.now().advanced(by: .seconds(seconds))
  while try !holds() {
    try #require(MonotonicInstant.now() < end, "not within \(seconds) s: \(what())")
    poll(nil, 0, 2)
  }
}
