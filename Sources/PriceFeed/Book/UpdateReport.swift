/// What came of asking the source for new prices.
public struct UpdateReport: Sendable {
  /// New points by asset, for assets that got any.
  public internal(set) var appendedCounts: [String: Int] = [:]
  /// The last error of each asset whose last request failed.
  public internal(set) var failures: [String: PriceError] = [:]
  /// Assets that the deadline (or a stop) left unanswered; their requests go on behind.
  public internal(set) var unfinished: Set<String> = []

  /// Whether every asset was asked and answered.
  public var isComplete: Bool { failures.isEmpty && unfinished.isEmpty }

  init() {}
}
