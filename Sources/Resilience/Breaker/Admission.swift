/// Whether a call that is due may be made.
public enum Admission: Hashable, Sendable {
  /// Make the call.
  case call
  /// Make the call: it is the one that decides whether an open circuit closes again.
  case probe
  /// Send nothing; `detail` is the record's text. Tell the breaker `.timeout(.skipped)`.
  case skip(detail: String)
}
