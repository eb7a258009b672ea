import Competition
import Scoring

/// Predictions of two steps of a minute, the way models write them.
enum Predicted {
  static let params = PredictionParams(asset: "BTC", horizonSeconds: 120, stepSeconds: 60)
  static let resolvableAt = UTCTime(secondsSinceEpoch: 1_795_345_200)

  /// Prices at the prediction's three points: 100, 101 and 103 by default.
  static func prices(_ prices: [Double] = [100, 101, 103]) -> PriceTrack {
    let start = resolvableAt.secondsSinceEpoch - 120
    return PriceTrack(
      prices.enumerated().map { (timestampSeconds: start + Int64($0) * 60, price: $1) })
  }

  static func moves(
    _ prices: PriceTrack = prices(), _ measure: RealizedMoves.Measure = .logReturn,
    compat: Bool = false
  ) -> RealizedMoves? {
    let looked = RealizedMoves.look(
      in: prices, params: params, resolvableAt: resolvableAt, measure: measure,
      options: TruthOptions(compat: compat))
    guard case .moves(let moves) = looked else { return nil }
    return moves
  }

  static let norm = #"{"type":"builtin","name":"norm","params":{"loc":0,"scale":0.01}}"#

  static func list(_ densities: String...) -> String {
    "[" + densities.joined(separator: ",") + "]"
  }

  /// A mixture of the given densities with a weight of 1 each.
  static func mixture(_ densities: String...) -> String {
    let parts = densities.map { #"{"density":\#($0),"weight":1}"# }
    return #"{"type":"mixture","components":[\#(parts.joined(separator: ","))]}"#
  }

  static func score(
    _ text: String, _ scorer: PredictionScorer = PredictionScorer(method: .densityPDF(cap: nil)),
    status: PredictionStatus = .success, moves: RealizedMoves? = moves()
  ) -> ScoreOutcome? {
    guard let moves else { return nil }
    return Array(text.utf8).withUnsafeBytes {
      scorer.score(distributions: $0, status: status, params: params, moves: moves)
    }
  }
}

extension ScoreOutcome {
  /// The reason of a failure.
  var reason: String? { if case .failed(let reason) = self { reason } else { nil } }
  /// The score of a success.
  var value: Double? { if case .scored(let score) = self { score } else { nil } }
}
