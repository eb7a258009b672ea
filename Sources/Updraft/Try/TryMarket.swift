import Competition
import PriceFeed
import Rounds
import Scoring

/// The generated prices of one try: what the model is told, and what happens afterwards.
struct TryMarket: Sendable {
  private let series: [(asset: String, prices: [TickPrice])]

  /// Makes the history of the first round and everything up to the last horizon's end.
  init(_ plan: TryPlan) {
    let resolution = plan.resolution
    let first = plan.firstRoundAt.advanced(by: .zero - plan.game.prices.history)
    // The last round's future, and one price more: the newest one may still change.
    let end = plan.time(ofRound: plan.roundCount).secondsSinceEpoch + 2 * resolution.seconds
    let span = max(0, first.secondsSinceEpoch)...end
    series = plan.assets.map { asset in
      let points = plan.market.points(of: asset, in: span, every: resolution)
      return (asset, points.map { TickPrice(seconds: $0.timestampSeconds, price: $0.price) })
    }
  }

  /// The argument of `tick`: what is new since `earlier` (everything when it is nil) until `time`.
  func tick(after earlier: UTCTime?, until time: UTCTime) -> TickPayload {
    TickPayload(
      series.map { asset, prices in
        let begin = earlier.map { Self.firstIndex(in: prices, after: $0) } ?? 0
        return (asset, prices[begin..<Self.firstIndex(in: prices, after: time)])
      }, bytesMax: Limits.requestBytesMax - 1_024)
  }

  /// All prices of an asset, the future included.
  func truth(of asset: String) -> PriceTrack {
    PriceTrack(prices(of: asset).map { (timestampSeconds: $0.seconds, price: $0.price) })
  }

  /// The standard deviation of an asset's moves over `stepSeconds` until `time`; nil when there
  /// are fewer than two moves, or none that differ.
  func volatility(
    of asset: String, stepSeconds: Int, until time: UTCTime, measure: RealizedMoves.Measure
  ) -> Double? {
    let prices = prices(of: asset)
    let known = prices[..<Self.firstIndex(in: prices, after: time)]
    guard let resolution = known.dropFirst().first.map({ $0.seconds - known[0].seconds }),
      resolution > 0
    else { return nil }
    let stride = max(1, stepSeconds / Int(resolution))
    let moves = Swift.stride(from: known.count - 1, through: stride, by: -stride).map { end in
      measure.level(known[end].price) - measure.level(known[end - stride].price)
    }
    guard moves.count > 1 else { return nil }
    let mean = moves.reduce(0, +) / Double(moves.count)
    let variance = moves.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(moves.count)
    return variance > 0 ? variance.squareRoot() : nil
  }

  private func prices(of asset: String) -> [TickPrice] {
    series.first { $0.asset == asset }?.prices ?? []
  }

  /// The index of the first price that is later than `time`.
  private static func firstIndex(in prices: [TickPrice], after time: UTCTime) -> Int {
    let seconds = time.secondsSinceEpoch
    var (low, high) = (0, prices.count)
    while low < high {
      let middle = low + (high - low) / 2
      if prices[middle].seconds <= seconds { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
