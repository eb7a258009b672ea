/// Why a model is reported to the orchestrator, as `failure_code` names it on the wire.
public enum FailureCode: String, Hashable, Sendable, CaseIterable {
  /// The model can't be reached, or its identity can't be proved.
  case connectionFailed = "CONNECTION_FAILED"
  /// The model doesn't offer what the competition calls.
  case badImplementation = "BAD_IMPLEMENTATION"
  /// Too many calls in a row without an answer in time.
  case multipleTimeout = "MULTIPLE_TIMEOUT"
  /// Too many calls in a row that failed.
  case multipleFailed = "MULTIPLE_FAILED"
  /// The answers are of too little worth; no rule of this module gives it.
  case lowPerformance = "LOW_PERFORMANCE"
}
