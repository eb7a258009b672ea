import BenchSupport
import Competition
import Foundation
import Scoring

/// Updraft's side, on one thread.
struct OurScores {
  private let kind: Kind
  private let scorer: PredictionScorer
  private let track: PriceTrack
  private let moves: RealizedMoves
  private let densities: PredictionDensities
  private let bytes: [UInt8]

  init(_ kind: Kind, prices: [Double]) throws {
    self.kind = kind
    guard let scale = CRPSScale(asset: Predictions.params.asset) else {
      throw BenchError("no scale of \(Predictions.params.asset)")
    }
    let method = kind.method == .crps ? ScoringMethod.crps(scale) : .densityPDF(cap: nil)
    scorer = PredictionScorer(method: method)
    bytes = Array(kind.text.utf8)
    densities = try bytes.withUnsafeBytes { bytes in
      try DensityReader().read(bytes, stepCount: Predictions.params.stepCount)
    }
    track = PriceTrack(prices.enumerated().map { (timestampSeconds: Int64($0) * 60, price: $1) })
    moves = try Self.look(in: track, method.measure)
  }

  private static func look(
    in track: PriceTrack, _ measure: RealizedMoves.Measure
  ) throws -> RealizedMoves {
    let looked = RealizedMoves.look(
      in: track, params: Predictions.params,
      resolvableAt: UTCTime(secondsSinceEpoch: track.newestSeconds ?? 0), measure: measure,
      options: TruthOptions())
    guard case .moves(let moves) = looked else { throw BenchError("prices are missing") }
    return moves
  }

  /// The length of the stored text, bytes.
  var byteCount: Int { bytes.count }

  /// Scores the prediction once.
  func score() throws -> Double {
    switch kind.method {
    case .density, .crps: try scoreParsed(moves)
    // Once a prediction, as theirs; in a worker once for all models of a round.
    case .walk: try scoreParsed(Self.look(in: track, scorer.method.measure))
    case .text: try scoreText(Self.look(in: track, scorer.method.measure))
    }
  }

  private func scoreParsed(_ moves: RealizedMoves) throws -> Double {
    try scorer.score(densities, params: Predictions.params, moves: moves)
  }

  private func scoreText(_ moves: RealizedMoves) throws -> Double {
    let outcome = bytes.withUnsafeBytes {
      scorer.score(
        distributions: $0, status: .success, params: Predictions.params, moves: moves)
    }
    guard case .scored(let score) = outcome else { throw BenchError("\(kind.name): \(outcome)") }
    return score
  }

  /// CPU seconds a prediction, over `times`.
  func seconds(times: Int) throws -> Double {
    let start = clock()
    for _ in 0..<times { _ = try score() }
    return Double(clock() - start) / Double(CLOCKS_PER_SEC) / Double(times)
  }
}
