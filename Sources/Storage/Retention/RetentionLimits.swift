/// How long rows are kept (`retention` in the configuration).
public struct RetentionLimits: Hashable, Sendable {
  /// Predictions with their reasons, counted from their scoring; unscored ones stay for ever.
  public var predictions: Duration
  /// Rows of `model_score_snapshots`, counted from `performed_at`.
  public var snapshots: Duration
  /// Rows of `updraft_rounds`, counted from `performed_at`.
  public var rounds: Duration

  /// Limits; the defaults are Condor's 30 and 10 days, and 30 days for the rounds.
  public init(
    predictions: Duration = .seconds(30 * 86_400), snapshots: Duration = .seconds(10 * 86_400),
    rounds: Duration = .seconds(30 * 86_400)
  ) {
    self.predictions = predictions
    self.snapshots = snapshots
    self.rounds = rounds
  }

  func limit(of table: PrunedTable) -> Duration {
    switch table {
    case .predictions, .reasons: predictions
    case .snapshots: snapshots
    case .rounds: rounds
    }
  }
}

/// A table that loses its old rows.
public enum PrunedTable: String, Hashable, Sendable, CaseIterable {
  /// The predictions, by `score_scored_at`.
  case predictions = "predictions"
  /// The score snapshots, by `performed_at`.
  case snapshots = "model_score_snapshots"
  /// The round statistics, by `performed_at`.
  case rounds = "updraft_rounds"
  /// The reasons of failures, which go with their predictions.
  case reasons = "updraft_failures"

  /// The indexed time column by which rows are old; nil when they go with those of another table.
  var ageColumn: String? {
    switch self {
    case .predictions: "score_scored_at"
    case .snapshots, .rounds: "performed_at"
    case .reasons: nil
    }
  }

  /// The rows of one batch, some 100 ms: 200 predictions of 55 KB have 5,600 pieces out of line,
  /// as many rounds 1,200; snapshots have none.
  var batchRowsMax: Int { self == .snapshots ? 1_000 : 200 }
}
