import Glibc

/// Why the system gave no thread, with what to do about it.
public struct ThreadError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The system's `errno`: EAGAIN at a limit of threads or memory.
  public let errorNumber: Int32

  init(errorNumber: Int32) { self.errorNumber = errorNumber }

  /// What went wrong, one line.
  public var message: String {
    "the system gave no thread: \(String(cString: strerror(errorNumber)))"
  }

  /// What the reader can do next.
  public var hint: String { "raise the limit of processes (ulimit -u) or memory" }

  /// `the system gave no thread: Resource temporarily unavailable; raise …`.
  public var description: String { "\(message); \(hint)" }
}
