import Glibc

/// The lines of one program in a file of bounded size; at the limit, and at each start, the file
/// becomes `.1`.
///
/// Closed by `close()`.
final class ProgramLog {
  /// The size of one file, bytes. 10 MB: some hours of the demo's rounds.
  private static let fileBytesMax = 10_000_000
  /// How many of the last lines are kept in memory, to be shown when the program fails.
  private static let tailCount = 8

  /// The end of what was written.
  private(set) var tail: [String] = []
  private let path: String
  private var descriptor: Int32 = -1
  private var byteCount = 0

  init(path: String) {
    self.path = path
    reopen()
  }

  deinit { assert(descriptor < 0, "a ProgramLog was dropped without close()") }

  /// Appends a line. A disk that is full loses it; the demo goes on.
  func add(_ line: String) {
    if tail.count == Self.tailCount { tail.removeFirst() }
    tail.append(line)
    if byteCount > Self.fileBytesMax { reopen() }
    guard descriptor >= 0 else { return }
    let bytes = Array((line + "\n").utf8)
    byteCount += max(0, Glibc.write(descriptor, bytes, bytes.count))
  }

  /// Closes the file. Safe to call again.
  func close() {
    if descriptor >= 0 { Glibc.close(descriptor) }
    descriptor = -1
  }

  private func reopen() {
    close()
    rename(path, "\(path).1")
    descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
    byteCount = 0
  }
}
