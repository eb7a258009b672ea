import Competition
import ScoreStore
import Scoring
import Telemetry

/// Why one prediction's score is what it is: what was asked, what is stored, and a line for each
/// step.
struct ScoreExplanation {
  private let rules: ScoreRules
  private let scorer: any RoundScorer
  private let now: UTCTime

  init(_ rules: ScoreRules, _ scorer: any RoundScorer, at now: UTCTime) {
    self.rules = rules
    self.scorer = scorer
    self.now = now
  }

  /// The lines about a prediction.
  ///
  /// - Parameters:
  ///   - prediction: as it was stored.
  ///   - stored: its score until now.
  ///   - prices: of its asset.
  /// - Returns: what was asked, the steps as a table, the result.
  /// - Throws: what a scoring program did wrong.
  func lines(
    _ prediction: ScorablePrediction, _ stored: StoredScore?, _ prices: AssetPrices
  ) throws -> [String] {
    let params = prediction.params
    var lines = [
      "prediction   \(OneLine.escaped(prediction.id))",
      "asked        \(OneLine.escaped(params.asset)), horizon \(params.horizonSeconds) s, step "
        + "\(params.stepSeconds) s, at \(prediction.performedAt.iso8601)",
      "resolvable   at \(prediction.resolvableAt.iso8601)",
      "status       \(prediction.status.rawValue)"
        + (stored?.callDetail.map { ": \(OneLine.escaped($0))" } ?? ""),
      "method       \(rules.describe(asset: params.asset))",
      "stored       \(Self.text(stored))",
    ]
    guard let measure = scorer.measure(for: params.asset) else {
      return lines + ["result       waits: \(params.asset) has no scale in score.crps.t"]
    }
    let look = RealizedMoves.look(
      in: prices.track, params: params, resolvableAt: prediction.resolvableAt, measure: measure,
      options: rules.truth)
    if rules.command.isEmpty, let method = rules.method(for: params.asset) {
      lines += table(prediction, prices, method)
    }
    return lines + ["result       \(try result(prediction, prices, look))"]
  }

  private func result(
    _ prediction: ScorablePrediction, _ prices: AssetPrices, _ look: RealizedMoves.Lookup
  ) throws -> String {
    guard prediction.resolvableAt <= now else {
      return "waits: the horizon isn't over for another "
        + "\(Int(prediction.resolvableAt.since(now).inSeconds.rounded(.up))) s"
    }
    let moves: RealizedMoves
    switch look {
    case .moves(let found): moves = found
    case .missing(let truth) where truth.isOverdue(at: now, ageMax: rules.truthMaxAge):
      return "failed: \(truth), waited for \(rules.truthMaxAge.text)"
    case .missing(let truth):
      let end = truth.resolvableAt.advanced(by: rules.truthMaxAge)
      return "waits: \(truth); without it until \(end.iso8601) (score.truth_max_age), it fails"
    }
    switch try scorer.score(prediction, prices.truth(of: ReadyRound(prediction), moves)) {
    case .failed(let reason): return "failed: \(OneLine.escaped(reason))"
    case .scored(let score) where !rules.command.isEmpty:
      return "\(score), as the program says"
    case .scored(let score):
      let way = moves.measure == .logReturn ? "mean" : "sum"
      return "\(score), the \(way) over \(moves.moveCount) steps"
    }
  }

  private static func text(_ stored: StoredScore?) -> String {
    guard let stored, let time = stored.scoredAt else { return "not scored yet" }
    let value = stored.value.map { "\($0)" } ?? "no score before the run's end"
    let reason = stored.failedReason.map { ", failed: \(OneLine.escaped($0))" } ?? ""
    return "\(value)\(reason), at \(time.iso8601)"
  }

  /// The steps, with an empty line before and after; nothing without densities.
  private func table(
    _ prediction: ScorablePrediction, _ prices: AssetPrices, _ method: ScoringMethod
  ) -> [String] {
    let params = prediction.params
    let isWhole = params.stepCount * params.stepSeconds == params.horizonSeconds
    guard prediction.status == .success, isWhole,
      let densities = try? DensityReader().read(
        prediction.distributions, stepCount: params.stepCount)
    else { return [] }
    let steps = PredictionScorer(method: method).steps(
      of: densities, params: params, resolvableAt: prediction.resolvableAt, prices: prices.track,
      options: rules.truth)
    let isDensity = method.measure == .logReturn
    let head = [
      "step", "until", "price before", "price after", isDensity ? "log return" : "change",
      isDensity ? "density" : "crps / t",
    ]
    let rows: [[String]] = steps.map { step in
      [
        "\(step.step)", step.time.iso8601, Self.text(step.before?.price),
        Self.text(step.after?.price), Self.text(step.move), Self.text(step.outcome),
      ]
    }
    return [""] + TextColumns.lines([head] + rows) + [""]
  }

  private static func text(_ number: Double?) -> String { number.map { "\($0)" } ?? "-" }

  private static func text(_ outcome: StepScore.Outcome) -> String {
    switch outcome {
    case .value(let value): "\(value)"
    case .samePricePoint: "left out: both ends have the same price point"
    case .noPrice: "no price"
    case .flawed(let cause): "at fault: \(OneLine.escaped(cause))"
    }
  }
}
