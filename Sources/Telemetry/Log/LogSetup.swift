import Glibc
public import Logging
import Synchronization

/// Chooses, once per program, how every `Logger` writes.
public enum LogSetup {
  private static let done = Atomic<Bool>(false)

  /// Sends all loggers of this process to standard error in `format`, from `level` up.
  ///
  /// Only the first call of a process has an effect (swift-log allows no other). It also ignores
  /// SIGPIPE, so that a log reader that went away can't end the program; libuv gives children the
  /// signal's default back.
  /// - Returns: whether this was the first call.
  @discardableResult
  public static func start(format: LogFormat, level: LogLevel) -> Bool {
    guard !done.exchange(true, ordering: .relaxed) else { return false }
    signal(SIGPIPE, SIG_IGN)
    LoggingSystem.bootstrap { handler(format: format, level: level, label: $0) }
    return true
  }

  /// A handler of the format, for a logger that doesn't use the process-wide setup.
  public static func handler(
    format: LogFormat, level: LogLevel, label: String, sink: LogSink = .standardError
  ) -> any LogHandler {
    switch format {
    case .text: TextLogHandler(label: label, level: level, sink: sink)
    case .json: JSONLogHandler(label: label, level: level, sink: sink)
    }
  }
}
