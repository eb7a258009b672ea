import Competition
import Settings
import Scoring
import ServiceRuntime
import Storage

/// The game's settings as what scoring needs.
struct ScoreRules: Sendable {
  /// How far back the leaderboard's windows reach.
  let windows: ScoreWindows
  /// Which scores stand first.
  let order: RankOrder
  /// What failures get.
  let failed: FailedScore
  /// Which prices count.
  let truth: TruthOptions
  /// How long prices are waited for.
  let truthMaxAge: Duration
  /// How long rows are kept.
  let retention: RetentionLimits
  /// The program that scores, with its arguments; empty for the built-in rules.
  let command: [String]
  /// How long the program may take for one prediction.
  let commandTimeout: Duration
  /// The built-in rule's name, or `command`.
  let methodName: String

  private let isCRPS: Bool
  private let densityCap: Double?
  private let scales: [String: Double]

  init(_ settings: GameConfiguration) {
    let score = settings.score
    windows = ScoreWindows(
      recent: score.windows.recent, steady: score.windows.steady, anchor: score.windows.anchor,
      compat: score.compat)
    let order: RankOrder = score.order == .ascending ? .ascending : .descending
    self.order = order
    failed = score.failed == .lowest ? .lowest : .worst(order)
    truth = TruthOptions(
      resolution: settings.prices.resolution, gapMaxFactor: score.priceGapMaxFactor,
      compat: score.compat)
    truthMaxAge = score.truthMaxAge
    retention = RetentionLimits(
      predictions: settings.retention.predictions, snapshots: settings.retention.snapshots,
      rounds: settings.retention.rounds)
    command = score.command
    commandTimeout = score.commandTimeout
    isCRPS = score.method == .crps
    methodName = score.command.isEmpty ? score.method.rawValue : "command"
    densityCap = score.densityCap
    scales = score.crpsScales
  }

  /// Condor's own oddities.
  var compat: Bool { windows.compat }

  /// Whether a failure's score depends on the run's other scores. Densities are never below 0, so
  /// that Condor's lowest score is 0 whatever they are.
  var decidesFailuresLater: Bool { isCRPS || !command.isEmpty || failed != .lowest }

  /// The built-in rule for an asset; nil when CRPS has no scale for it.
  func method(for asset: String) -> ScoringMethod? {
    guard isCRPS else { return .densityPDF(cap: densityCap) }
    return CRPSScale(asset: asset, additional: scales).map { .crps($0) }
  }

  /// The rule for an asset in words: `density_pdf, cap 10000`.
  func describe(asset: String) -> String {
    let compat = compat ? ", compat" : ""
    guard command.isEmpty else { return command.joined(separator: " ") + compat }
    switch method(for: asset) {
    case .densityPDF(let cap):
      return methodName + (cap.map { ", cap \($0)" } ?? ", no cap") + compat
    case .crps(let scale): return "\(methodName), t \(scale.t)\(compat)"
    case nil: return methodName + compat
    }
  }

  /// Refuses assets that can't be scored.
  ///
  /// - Throws: `StartFailure`.
  func check(assets: [String]) throws(StartFailure) {
    guard command.isEmpty, let asset = assets.first(where: { method(for: $0) == nil }) else {
      return
    }
    throw StartFailure(
      "score.crps.t: there is no scale for \(asset), which prediction_configs ask for",
      remedy: "add its typical price change, for example `score: {crps: {t: {\(asset): 33}}}`",
      exitCode: .wrongConfiguration)
  }

  /// What failures get in a run.
  ///
  /// - Parameters:
  ///   - scores: the lowest and the highest score of the run; nil when nothing was scored.
  ///   - params: of the failures.
  ///   - earlier: what failures got in an earlier run.
  /// - Returns: a finite score.
  func failedScore(
    among scores: ClosedRange<Double>?, params: Set<PredictionParams>, earlier: Double?
  ) -> Double {
    let worst = params.compactMap { params -> Double? in
      guard command.isEmpty, case .crps(let scale) = method(for: params.asset) else { return nil }
      return scale.bounds(stepSeconds: params.stepSeconds)
        .worstScore(stepCount: params.stepCount)
    }.max()
    let fallback = earlier ?? worst ?? 0
    return failed.value(
      among: scores.map { [$0.lowerBound, $0.upperBound] } ?? [], fallback: fallback)
  }
}
