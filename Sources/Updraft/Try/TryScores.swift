import Competition
import JSON
import ModelRunner
import Scoring
import Settings
import Storage

/// Judges answers as the game would: whether they could be stored, and what they would score.
///
/// Not `Sendable`: it keeps the scorers' buffers.
final class TryScores {
  private let game: GameConfiguration
  private let market: TryMarket
  private let answers: AnswerCheck
  private let truth: TruthOptions
  private var scorers: [String: PredictionScorer] = [:]
  private var tracks: [String: PriceTrack] = [:]

  /// Judges by a game's rules, on a market's prices.
  init(_ game: GameConfiguration, _ market: TryMarket) {
    self.game = game
    self.market = market
    // A program of the game's own may want another shape.
    answers = AnswerCheck(limits: game.limits, checksShape: game.score.command.isEmpty)
    truth = TruthOptions(
      resolution: game.prices.resolution, gapMaxFactor: game.score.priceGapMaxFactor,
      compat: game.score.compat)
  }

  /// Whether there is a score for an asset: not with a program of the game's own, nor by CRPS
  /// without the asset's scale.
  func canScore(_ asset: String) -> Bool { scorer(of: asset) != nil }

  /// Why the answer could not be stored; nil when it could.
  func refusal(of result: CallResult, _ params: PredictionParams) -> String? {
    let text: ByteView
    do throws(ReplyValueError) {
      text = try result.value?.jsonText() ?? ByteView("null")
    } catch {
      return error.description
    }
    switch text.withUnsafeBytes({ answers.verdict(on: $0, params: params) }) {
    case .accepted: return nil
    case .refused(let reason): return reason
    case .doubtful(let reason): return "\(reason), which only PostgreSQL might take"
    }
  }

  /// What an answer that can be stored would score.
  func score(
    of result: CallResult, _ params: PredictionParams, askedAt time: UTCTime
  ) -> ScoreOutcome? {
    // It was read before, when it was checked.
    guard let text = try? result.value?.jsonText() else { return nil }
    return text.withUnsafeBytes { score(of: $0, params, askedAt: time) }
  }

  /// What a normal density as wide as the history was would score, around "no change".
  func baseline(_ params: PredictionParams, askedAt time: UTCTime) -> Double? {
    guard let scorer = scorer(of: params.asset),
      let scale = market.volatility(
        of: params.asset, stepSeconds: params.stepSeconds, until: time,
        measure: scorer.method.measure)
    else { return nil }
    let density: JSONValue = [
      "type": "builtin", "name": "norm", "params": ["loc": .double(0), "scale": .double(scale)],
    ]
    var text = JSONValue.array(Array(repeating: density, count: params.stepCount)).text()
    let outcome = text.withUTF8 {
      score(of: UnsafeRawBufferPointer($0), params, askedAt: time)
    }
    guard case .scored(let score)? = outcome else { return nil }
    return score
  }

  private func score(
    of text: UnsafeRawBufferPointer, _ params: PredictionParams, askedAt time: UTCTime
  ) -> ScoreOutcome? {
    guard let scorer = scorer(of: params.asset) else { return nil }
    let looked = RealizedMoves.look(
      in: track(of: params.asset), params: params,
      resolvableAt: time.advanced(by: .seconds(params.horizonSeconds)),
      measure: scorer.method.measure, options: truth)
    switch looked {
    case .moves(let moves):
      return scorer.score(distributions: text, status: .success, params: params, moves: moves)
    case .missing(let missing): return .failed(reason: missing.description)
    }
  }

  private func track(of asset: String) -> PriceTrack {
    if let track = tracks[asset] { return track }
    let track = market.truth(of: asset)
    tracks[asset] = track
    return track
  }

  private func scorer(of asset: String) -> PredictionScorer? {
    if let scorer = scorers[asset] { return scorer }
    guard game.score.command.isEmpty else { return nil }
    let method: ScoringMethod
    switch game.score.method {
    case .densityPDF: method = .densityPDF(cap: game.score.densityCap)
    case .crps:
      guard let scale = CRPSScale(asset: asset, additional: game.score.crpsScales) else {
        return nil
      }
      method = .crps(scale)
    }
    let scorer = PredictionScorer(method: method)
    scorers[asset] = scorer
    return scorer
  }
}
