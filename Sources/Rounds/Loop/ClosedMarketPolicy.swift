/// What is done about rounds of an asset whose market is closed (`prices.closed`).
public enum ClosedMarketPolicy: String, Hashable, Sendable, CaseIterable {
  /// They are played, and marked.
  case flag
  /// They are left out, and counted.
  case skip
}
