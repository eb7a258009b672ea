public import Competition

/// Which rules decide that a model is skipped, reconnected or reported.
public enum BreakerPolicy: String, Hashable, Sendable, CaseIterable {
  /// The Python client's rules: the same faults give the same outcomes.
  case compatible
  /// Ours: only real calls that went wrong through the model's fault count, for each method apart.
  case fair

  /// The status that the record of a call gets.
  ///
  /// The policies differ in one point: an oversized answer is a TIMEOUT under `compatible`.
  public func status(of end: CallEnd) -> CallStatus {
    switch end {
    case .success: .success
    case .failure(.oversized): self == .compatible ? .timeout : .failed
    case .failure: .failed
    case .timeout, .nobodysFault: .timeout
    }
  }
}

/// What a breaker must know beforehand; the defaults are the Condor worker's and ours.
public struct BreakerSettings: Hashable, Sendable {
  /// Failures in a row that are still allowed; 0 turns the limit off.
  public var failuresMax = 100
  /// Timeouts in a row that are still allowed; 0 turns the limit off.
  public var timeoutsMax = 100
  /// `fair` only: bad calls in a row after which the circuit opens, at least 1.
  public var openAfter = 3
  /// `fair` only: how long an open circuit skips calls, growing with each failed probe.
  public var openFor = Backoff(min: .seconds(5), max: .seconds(600), factor: 2, jitter: 0.3)

  /// The default settings.
  public init() {}

  /// The default settings with other limits.
  public init(failuresMax: Int, timeoutsMax: Int) {
    self.failuresMax = failuresMax
    self.timeoutsMax = timeoutsMax
  }
}

/// Whether a call that is due may be made.
public enum Admission: Hashable, Sendable {
  /// Make the call.
  case call
  /// Make the call: it is the one that decides whether an open circuit closes again.
  case probe
  /// Send nothing; `detail` is the record's text. Tell the breaker `.timeout(.skipped)`.
  case skip(detail: String)
}

/// What the client library has to do after an event.
public enum BreakerAction: Hashable, Sendable {
  /// Nothing.
  case none
  /// Ask the health service on a second connection and pass on its answer.
  case checkHealth
  /// Close the connection, open a new one and set the model up again.
  case reconnect
  /// Calls of the method are skipped from now until the instant; if asked, check the health, too.
  case open(until: MonotonicInstant, checkHealth: Bool)
  /// Report the model to the orchestrator; then close and remove it.
  case report(FailureCode, reason: String)
}
