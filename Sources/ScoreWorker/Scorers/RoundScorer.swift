import Competition
import ScoreStore
import Scoring

/// What happened in a round's horizon.
struct RoundTruth {
  /// What the price did in each step; nil when CRPS has no scale for the asset.
  let moves: RealizedMoves
  /// The prices from a step before the round to its end.
  let prices: ArraySlice<PriceTable.Point>
}

/// Scores predictions one after another.
protocol RoundScorer: AnyObject {
  /// How the moves of a round are measured; nil when the asset can't be scored.
  func measure(for asset: String) -> RealizedMoves.Measure?

  /// Scores one prediction.
  ///
  /// - Throws: what makes further scoring useless; the prediction stays unscored then.
  func score(_ prediction: ScorablePrediction, _ truth: RoundTruth) throws -> ScoreOutcome

  /// Gives back what it holds.
  func close()
}
