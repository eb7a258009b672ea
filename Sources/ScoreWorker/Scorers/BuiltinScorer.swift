import ScoreStore
import Scoring

/// The built-in rules.
final class BuiltinScorer: RoundScorer {
  private let rules: ScoreRules
  private var scorers: [String: PredictionScorer] = [:]

  init(_ rules: ScoreRules) { self.rules = rules }

  func measure(for asset: String) -> RealizedMoves.Measure? { rules.method(for: asset)?.measure }

  func score(_ prediction: ScorablePrediction, _ truth: RoundTruth) -> ScoreOutcome {
    guard let scorer = scorer(for: prediction.params.asset) else {
      return .failed(reason: "\(prediction.params.asset) has no scale in score.crps.t")
    }
    return scorer.score(
      distributions: prediction.distributions, status: prediction.status,
      params: prediction.params, moves: truth.moves)
  }

  func close() {}

  /// One for each asset: CRPS has a scale of its own for each.
  func scorer(for asset: String) -> PredictionScorer? {
    if let scorer = scorers[asset] { return scorer }
    guard let method = rules.method(for: asset) else { return nil }
    let scorer = PredictionScorer(method: method)
    scorers[asset] = scorer
    return scorer
  }
}
