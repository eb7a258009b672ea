import Competition
import Foundation
import Testing

@testable import PriceFeed

@Suite struct SimulatedMarketTests {
  private let assets = ["BTC", "ETH", "XAU", "SOL", "DOGE"]
  private let start: Int64 = 1_795_000_020

  @Test func theSameSeedGivesTheSamePrices() throws {
    let one = try #require(SimulatedMarket(seed: 7)).points(
      of: "BTC", in: start...start + 3_600, every: .minute)
    let two = try #require(SimulatedMarket(seed: 7)).points(
      of: "BTC", in: start...start + 3_600, every: .minute)
    let other = try #require(SimulatedMarket(seed: 8)).points(
      of: "BTC", in: start...start + 3_600, every: .minute)
    #expect(one == two)
    #expect(one != other)
    // Written down once, so that a change of the market is noticed.
    #expect(one.first == PricePoint(timestampSeconds: start, price: 114_592.74))
  }

  @Test func aPriceDoesNotDependOnHowItIsAskedFor() throws {
    let market = try #require(SimulatedMarket(seed: 1))
    for asset in assets {
      let seconds = market.points(of: asset, in: start - 200...start + 4_000, every: .second)
      let bySecond = Dictionary(
        uniqueKeysWithValues: seconds.map { ($0.timestampSeconds, $0.price) })
      let minutes = market.points(of: asset, in: start - 77...start + 3_333, every: .minute)
      #expect(minutes.count == 57)
      for point in minutes {
        #expect(point.timestampSeconds % 60 == 0)
        #expect(point.price == bySecond[point.timestampSeconds])
        #expect(point.price == market.price(of: asset, at: point.timestampSeconds))
      }
    }
  }

  @Test func blocksJoinWithoutAJump() throws {
    let market = try #require(SimulatedMarket(seed: 3))
    let border: Int64 = (start >> 22) << 22
    for asset in assets {
      let points = market.points(of: asset, in: border - 300...border + 300, every: .second)
      for (left, right) in zip(points, points.dropFirst()) {
        #expect(abs(right.price / left.price - 1) < 0.01)
      }
    }
  }

  @Test func pricesArePlausible() throws {
    for seed in UInt64(0)..<3 {
      let market = try #require(SimulatedMarket(seed: seed))
      for asset in assets {
        let profile = AssetProfile(asset: asset)
        let points = market.points(of: asset, in: start...start + 20 * 86_400, every: .minute)
        #expect(points.count == 28_801)
        #expect(points.allSatisfy { PricePoint.isPlausible($0.price) })
        #expect(
          points.allSatisfy { (0.3...3).contains($0.price / profile.startPrice) }, "\(asset)")
        let returns = zip(points, points.dropFirst()).map { log($1.price / $0.price) }
        #expect(returns.allSatisfy { abs($0) < 0.1 })
        let annual = (variance(returns) * 525_960).squareRoot()
        let ratio = annual / profile.annualVolatility
        #expect((0.4...2.5).contains(ratio), "\(asset), seed \(seed): \(ratio)")
      }
    }
  }

  @Test func returnsAreHeavyTailedAndVolatilityClusters() throws {
    let market = try #require(SimulatedMarket(seed: 11))
    let points = market.points(of: "BTC", in: start...start + 30 * 86_400, every: .minute)
    let returns = zip(points, points.dropFirst()).map { log($1.price / $0.price) }
    let squares = returns.map { $0 * $0 }
    let mean = squares.reduce(0, +) / Double(squares.count)
    let kurtosis =
      squares.map { $0 * $0 }.reduce(0, +) / Double(squares.count) / (mean * mean)
    #expect(kurtosis > 4, "\(kurtosis)")  // a normal has 3
    // The sign of a return says nothing about the next one; its size does, also ten minutes on.
    #expect(abs(correlation(returns, lag: 1)) < 0.1)
    #expect(correlation(returns.map(abs), lag: 10) > 0.05)
  }

  @Test func aFasterMarketMovesMore() throws {
    let slow = try #require(SimulatedMarket(seed: 5))
    let fast = try #require(SimulatedMarket(seed: 5, speed: 3_600))
    let span = start...start + 7_200
    let quiet = returns(slow.points(of: "BTC", in: span, every: .second))
    let busy = returns(fast.points(of: "BTC", in: span, every: .second))
    #expect(variance(busy) > 100 * variance(quiet))
    for speed in [0, -1, .nan, .infinity, 100_001] {
      #expect(SimulatedMarket(seed: 5, speed: speed) == nil)
    }
  }

  @Test func spansBeforeTheirFirstStepAreEmpty() throws {
    let market = try #require(SimulatedMarket(seed: 5))
    #expect(market.points(of: "BTC", in: 61...119, every: .minute).isEmpty)
    #expect(market.points(of: "BTC", in: 60...60, every: .minute).count == 1)
    #expect(market.points(of: "BTC", in: -100...0, every: .minute).map(\.timestampSeconds) == [0])
  }

  private func returns(_ points: [PricePoint]) -> [Double] {
    zip(points, points.dropFirst()).map { log($1.price / $0.price) }
  }

  private func variance(_ values: [Double]) -> Double {
    let mean = values.reduce(0, +) / Double(values.count)
    return values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(values.count)
  }

  private func correlation(_ values: [Double], lag: Int) -> Double {
    let mean = values.reduce(0, +) / Double(values.count)
    let pairs = zip(values, values.dropFirst(lag)).map { ($0 - mean) * ($1 - mean) }
    return pairs.reduce(0, +) / Double(pairs.count) / variance(values)
  }
}
