public import Competition

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
