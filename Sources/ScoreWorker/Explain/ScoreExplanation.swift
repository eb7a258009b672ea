import Competition
import ScoreStore
import Scoring

/// Why one prediction's score is what it is: what was asked, and a line for each step.
struct ScoreExplanation {
  private let rules: ScoreRules

  init(_ rules: ScoreRules) { self.rules = rules }

  /// The lines about a prediction.
  ///
  /// - Parameters:
  ///   - prediction: as it was stored.
  ///   - prices: of its asset.
  /// - Returns: what was asked, the steps as a table, the result.
  func lines(_ prediction: ScorablePrediction, _ prices: AssetPrices) -> [String] {
    let params = prediction.params
    var lines = [
      "prediction   \(prediction.id)",
      "asked        \(params.asset), horizon \(params.horizonSeconds) s, step "
        + "\(params.stepSeconds) s, at \(prediction.performedAt.iso8601)",
      "resolvable   at \(prediction.resolvableAt.iso8601)",
      "status       \(prediction.status.rawValue)",
      "method       \(rules.methodName)",
    ]
    guard let method = rules.method(for: params.asset) else {
      return lines + ["result       failed: \(params.asset) has no scale in score.crps.t"]
    }
    let look = RealizedMoves.look(
      in: prices.track, params: params, resolvableAt: prediction.resolvableAt,
      measure: method.measure, options: rules.truth)
    let scorer = PredictionScorer(method: method)
    if let steps = steps(prediction, prices, scorer) {
      lines += table(steps, of: method)
    }
    guard case .moves(let moves) = look else {
      if case .missing(let truth) = look { lines.append("result       waits: \(truth)") }
      return lines
    }
    let outcome = scorer.score(
      distributions: prediction.distributions, status: prediction.status, params: params,
      moves: moves)
    switch outcome {
    case .scored(let score):
      let way = method.measure == .logReturn ? "mean" : "sum"
      lines.append("result       \(score), the \(way) over \(moves.moveCount) steps")
    case .failed(let reason): lines.append("result       failed: \(reason)")
    }
    return lines
  }

  private func steps(
    _ prediction: ScorablePrediction, _ prices: AssetPrices, _ scorer: PredictionScorer
  ) -> [StepScore]? {
    let params = prediction.params
    let isWhole = params.stepCount * params.stepSeconds == params.horizonSeconds
    guard prediction.status == .success, isWhole,
      let densities = try? DensityReader().read(
        prediction.distributions, stepCount: params.stepCount)
    else { return nil }
    return scorer.steps(
      of: densities, params: params, resolvableAt: prediction.resolvableAt, prices: prices.track,
      options: rules.truth)
  }

  private func table(_ steps: [StepScore], of method: ScoringMethod) -> [String] {
    let isDensity = method.measure == .logReturn
    var rows = [
      [
        "step", "until", "price before", "price after", isDensity ? "log return" : "change",
        isDensity ? "density" : "crps / t",
      ]
    ]
    rows += steps.map { step in
      [
        "\(step.step)", step.time.iso8601, step.before.map { "\($0.price)" } ?? "-",
        step.after.map { "\($0.price)" } ?? "-", step.move.map { "\($0)" } ?? "-",
        Self.text(step.outcome),
      ]
    }
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return [""]
      + rows.map { row in
        zip(row, widths).map { text, width in
          text + String(repeating: " ", count: width - text.count)
        }.joined(separator: "  ")
      } + [""]
  }

  private static func text(_ outcome: StepScore.Outcome) -> String {
    switch outcome {
    case .value(let value): "\(value)"
    case .samePricePoint: "left out: both ends have the same price point"
    case .noPrice: "no price"
    case .flawed(let cause): "at fault: \(cause)"
    }
  }
}
