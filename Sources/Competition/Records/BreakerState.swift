/// What a model's circuit breaker does with the next call of a method.
public enum BreakerState: String, Hashable, Sendable, CaseIterable {
  /// The next call is made.
  case closed
  /// The next call is skipped.
  case open
  /// The next call decides: it closes the circuit or opens it again.
  case halfOpen = "half_open"
}
