public import Logging

/// The lowest severity that is logged, as operators write it (`log.level`, `--log-level`).
public enum LogLevel: String, Hashable, Sendable, CaseIterable {
  /// Everything, one line per call included.
  case trace
  /// What a developer wants to know.
  case debug
  /// One line a round.
  case info
  /// Changes of state.
  case notice
  /// Something is wrong, and the program goes on as it should.
  case warning
  /// Something that was asked for could not be done.
  case error
  /// The program cannot go on.
  case critical

  /// The same level in swift-log's terms.
  public var loggerLevel: Logger.Level {
    switch self {
    case .trace: .trace
    case .debug: .debug
    case .info: .info
    case .notice: .notice
    case .warning: .warning
    case .error: .error
    case .critical: .critical
    }
  }
}
