import Competition
import Testing

@testable import Rounds

/// Prices that a test sets.
private final class FixedPrices: PricePort {
  private let series: [String: [TickPrice]]

  init(_ series: [String: [TickPrice]]) { self.series = series }

  func update(assets: [String], by deadline: MonotonicInstant) async -> [PriceFault] { [] }

  func newestTime(of asset: String) -> Int64? { series[asset]?.last?.seconds }

  func newestArrival(of asset: String) -> MonotonicInstant? { nil }

  func prices(of asset: String, after seconds: Int64?) -> [TickPrice] {
    (series[asset] ?? []).filter { $0.seconds > seconds ?? .min }
  }
}

@Suite struct MarketWatchTests {
  private static let start: Int64 = 1_800_000_000

  /// Prices a minute apart.
  private func series(_ prices: [Double]) -> FixedPrices {
    FixedPrices([
      "XAU": prices.enumerated().map {
        TickPrice(seconds: Self.start + Int64($0.offset) * 60, price: $0.element)
      }
    ])
  }

  private func update(
    _ watch: inout MarketWatch, _ prices: FixedPrices, minute: Int64, isFailing: Bool = false,
    assets: [String] = ["XAU"]
  ) -> [String] {
    let faults = isFailing ? [PriceFault(asset: "XAU", reason: "away")] : []
    let wall = UTCTime(secondsSinceEpoch: Self.start + minute * 60)
    return watch.update(assets: assets, faults: faults, prices: prices, at: wall).map { event in
      switch event {
      case .marketClosed(let asset, let unmoved): "closed \(asset) \(unmoved.text)"
      case .marketOpened(let asset): "opened \(asset)"
      default: "\(event)"
      }
    }
  }

  @Test func aPriceThatStandsStillClosesOnceAndOneThatMovesOpensOnce() {
    var watch = MarketWatch(closedAfter: .seconds(300))
    #expect(update(&watch, series([1, 2, 2, 2]), minute: 3).isEmpty)
    #expect(update(&watch, series([1, 2, 2, 2, 2, 2]), minute: 5).isEmpty)
    #expect(update(&watch, series([1, 2, 2, 2, 2, 2, 2]), minute: 6) == ["closed XAU 5m"])
    #expect(watch.isClosed("XAU"))
    #expect(update(&watch, series([1, 2, 2, 2, 2, 2, 2, 2]), minute: 7).isEmpty)
    #expect(update(&watch, series([1, 2, 2, 2, 2, 2, 2, 2, 3]), minute: 8) == ["opened XAU"])
    #expect(!watch.isClosed("XAU"))
  }

  @Test func aSourceThatGivesNothingNewLetsTheMarketClose() {
    var watch = MarketWatch(closedAfter: .seconds(300))
    #expect(update(&watch, series([1, 2]), minute: 2).isEmpty)
    #expect(update(&watch, series([1, 2]), minute: 6) == ["closed XAU 5m"])
  }

  @Test func aSourceThatFailsClosesNothingAndNewPricesOpenAllTheSame() {
    var watch = MarketWatch(closedAfter: .seconds(300))
    #expect(update(&watch, series([1, 2]), minute: 60, isFailing: true).isEmpty)
    #expect(update(&watch, series([1, 2]), minute: 61) == ["closed XAU 1h"])
    #expect(update(&watch, series([1, 2]), minute: 62, isFailing: true).isEmpty)
    #expect(watch.isClosed("XAU"))
    let moved = series([1, 2] + Array(repeating: 2, count: 60) + [3])
    #expect(update(&watch, moved, minute: 63, isFailing: true) == ["opened XAU"])
  }

  @Test func aMarketThatHasBeenClosedSinceBeforeTheStartIsFoundAtOnce() {
    var watch = MarketWatch(closedAfter: .seconds(300))
    let history = series([1] + Array(repeating: 2, count: 20))
    #expect(update(&watch, history, minute: 20) == ["closed XAU 19m"])
  }

  @Test func neverClosesNothingAndAnAssetWithoutPricesIsNotJudged() {
    var never = MarketWatch(closedAfter: nil)
    #expect(update(&never, series([1]), minute: 100_000).isEmpty)
    var watch = MarketWatch(closedAfter: .seconds(300))
    #expect(update(&watch, FixedPrices([:]), minute: 100_000).isEmpty)
    #expect(!watch.isClosed("XAU"))
  }

  @Test func anAssetThatLeavesTheGameIsForgotten() {
    var watch = MarketWatch(closedAfter: .seconds(300))
    #expect(update(&watch, series([1]), minute: 6) == ["closed XAU 6m"])
    #expect(update(&watch, series([1]), minute: 7, assets: []).isEmpty)
    #expect(!watch.isClosed("XAU"))
    #expect(update(&watch, series([1]), minute: 8) == ["closed XAU 8m"])
  }

  @Test func aClockThatIsSetBackOpensAndClosesAgain() {
    var watch = MarketWatch(closedAfter: .seconds(300))
    #expect(update(&watch, series([1]), minute: 6) == ["closed XAU 6m"])
    #expect(update(&watch, series([1]), minute: -60) == ["opened XAU"])
    #expect(update(&watch, series([1]), minute: 6) == ["closed XAU 6m"])
  }
}
