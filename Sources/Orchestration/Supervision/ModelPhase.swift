/// Where one model is on its way.
public enum ModelPhase: Hashable, Sendable {
  /// Its environment is being made. May become: starting, waiting, stopped.
  case preparing
  /// A process is to be started. May become: checking, waiting, preparing, stopped.
  case starting
  /// The process runs, its health check doesn't serve yet. May become: running, stopping, waiting.
  case checking
  /// It serves. May become: stopping, waiting.
  case running
  /// The process is being ended. May become: preparing, waiting, stopped, failed.
  case stopping
  /// A back-off before the next attempt. May become: preparing, stopped, failed.
  case waiting
  /// It shall not run. May become: preparing.
  case stopped
  /// A coordinator reported it. May become: preparing (new submission, or STOPPED and RUNNING
  /// again), stopped.
  case failed

  /// The word for logs.
  public var name: String { "\(self)" }

  /// Whether a process exists or is about to.
  public var isActive: Bool { self != .stopped && self != .failed }
}
