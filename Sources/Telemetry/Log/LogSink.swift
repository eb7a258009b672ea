import Glibc

/// Where log lines go: a file descriptor that each line reaches in one `write(2)`.
///
/// Lines of several threads and processes therefore don't mix (on a pipe, up to `PIPE_BUF` bytes).
/// Logging never stops the program: a reader that takes nothing for `stallMillisMax` loses the
/// line, and `lostCount` says so.
public final class LogSink: Sendable {
  /// How long a full pipe is waited for, milliseconds; then the line is dropped.
  public static let stallMillisMax: Int32 = 100

  /// The sink of every program: standard error.
  public static let standardError = LogSink(fileDescriptor: STDERR_FILENO)

  private let fileDescriptor: Int32
  private let lost = Counter()

  /// Writes to `fileDescriptor`, which stays the caller's to close.
  public init(fileDescriptor: Int32) { self.fileDescriptor = fileDescriptor }

  /// Lines that could not be written, or not completely.
  public var lostCount: UInt64 { lost.value }

  /// Writes one line; `line` ends with a newline.
  public func write(_ line: String) {
    var line = line
    let complete = line.withUTF8 { bytes in
      var written = 0
      while written < bytes.count {
        let rest = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[written...])
        let result = Glibc.write(fileDescriptor, rest.baseAddress, rest.count)
        if result >= 0 {
          written += result
        } else if errno == EAGAIN {
          guard becameWritable() else { return false }
        } else if errno != EINTR {
          return false
        }
      }
      return true
    }
    if !complete { lost.add(1) }
  }

  private func becameWritable() -> Bool {
    var waiting = pollfd(fd: fileDescriptor, events: Int16(POLLOUT), revents: 0)
    return poll(&waiting, 1, Self.stallMillisMax) == 1 && waiting.revents & Int16(POLLOUT) != 0
  }
}
