import Competition
import Glibc

/// A server that runs in a data folder, found by the folder's `postmaster.pid`.
struct RunningPostmaster {
  let processID: pid_t
  private let dataFolder: String

  /// Nil when the file is missing or names a process that isn't this folder's server: a server's
  /// working folder is its data folder.
  init?(dataFolder: String) {
    guard let text = TextFile.read("\(dataFolder)/postmaster.pid"),
      let line = text.split(separator: "\n").first, let number = pid_t(line), number > 1
    else { return nil }
    processID = number
    self.dataFolder = dataFolder
    guard isRunning else { return nil }
  }

  private var isRunning: Bool {
    guard let there = realpath("/proc/\(processID)/cwd", nil) else { return false }
    defer { free(there) }
    guard let ours = realpath(dataFolder, nil) else { return false }
    defer { free(ours) }
    return strcmp(there, ours) == 0
  }

  /// Stops the server fast, then at once, then by force; a third of `limit` for each.
  func stop(within limit: Duration) {
    for signal in [SIGINT, SIGQUIT, SIGKILL] {
      guard isRunning else { return }
      kill(processID, signal)
      let deadline = MonotonicInstant.now().advanced(by: limit / 3)
      // It isn't our child, so nothing tells its end but asking.
      while isRunning, MonotonicInstant.now() < deadline { usleep(10_000) }
    }
  }
}

/// A small text file.
enum TextFile {
  /// The file's text, at most its last `bytesMax` bytes; nil when it can't be read.
  static func read(_ path: String, bytesMax: Int = 64 << 10) -> String? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    let size = Int(lseek(file, 0, SEEK_END))
    lseek(file, max(0, size - bytesMax), SEEK_SET)
    var buffer = [UInt8](repeating: 0, count: bytesMax)
    let count = Glibc.read(file, &buffer, bytesMax)
    return count < 0 ? nil : String(decoding: buffer.prefix(count), as: UTF8.self)
  }
}
