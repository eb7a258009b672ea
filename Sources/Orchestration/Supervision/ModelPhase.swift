/// Where one model is on its way.
public enum ModelPhase: Hashable, Sendable, CaseIterable {
  /// Its environment is being made. May become: starting, waiting, stopped.
  case preparing
  /// A process is to be started. May become: checking, waiting, preparing, stopped.
  case starting
  /// The process runs, its health check doesn't serve yet. May become: running, stopping, waiting,
  /// failed.
  case checking
  /// It serves. May become: stopping, waiting, failed.
  case running
  /// The process is being ended. May become: preparing, waiting, stopped, failed, refused.
  case stopping
  /// A back-off before the next attempt. May become: preparing, stopped, failed.
  case waiting
  /// It shall not run. May become: preparing, refused.
  case stopped
  /// A coordinator reported it, or it crashed too often. May become: preparing (new submission, or
  /// STOPPED and RUNNING again), stopped, refused.
  case failed
  /// Nothing shows that its submission is its owner's. May become: preparing (a right signature),
  /// stopped.
  case refused

  /// The word for logs.
  public var name: String { "\(self)" }

  /// Whether a process exists or is about to.
  public var isActive: Bool { ![.stopped, .failed, .refused].contains(self) }
}
