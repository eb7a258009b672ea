public import Competition

/// What a call to many models gave.
public struct ModelAnswers: Sendable {
  /// One outcome per model asked is expected; the round puts the rest right.
  public let outcomes: [PredictionOutcome]
  /// Why the bad outcomes are counted against nobody, one line; nil for the usual call.
  public let panic: String?

  /// Creates the value.
  public init(_ outcomes: [PredictionOutcome], panic: String? = nil) {
    self.outcomes = outcomes
    self.panic = panic
  }
}
