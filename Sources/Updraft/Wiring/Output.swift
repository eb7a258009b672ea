import Glibc

/// Standard output, written line by line, so that a reader sees each line when it is there.
enum Output {
  /// Writes one line; the newline is added.
  static func line(_ text: String) { write(Array((text + "\n").utf8)) }

  /// Writes text as it is.
  static func text(_ text: String) { write(Array(text.utf8)) }

  /// Writes bytes as they are. A reader that went away ends the program, as the shell expects.
  static func write(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if errno == EAGAIN {
        var waiting = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
        poll(&waiting, 1, 1_000)
      } else if errno == EPIPE {
        // What the shell reports of a program that SIGPIPE ended.
        exit(128 + SIGPIPE)
      } else if errno != EINTR {
        return
      }
    }
  }
}
