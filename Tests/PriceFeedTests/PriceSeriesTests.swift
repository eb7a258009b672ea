import Testing

@testable import PriceFeed

@Suite struct PriceSeriesTests {
  @Test func onlyNewerPointsAreAppended() {
    var series = PriceSeries(windowSeconds: 1_000)
    #expect(series.append(contentsOf: points([10, 20, 20, 15, 30])) == 3)
    #expect(series.append(contentsOf: points([30, 25, 31])) == 1)
    #expect(series.points(after: nil).map(\.timestampSeconds) == [10, 20, 30, 31])
    #expect(series.points(after: nil).map(\.price) == [10, 20, 30, 31])
  }

  @Test func aSpanIsFoundByItsEnds() {
    var series = PriceSeries(windowSeconds: 1_000)
    series.append(contentsOf: points([10, 20, 30, 40]))
    #expect(series.points(after: 20).map(\.timestampSeconds) == [30, 40])
    #expect(series.points(after: 19).map(\.timestampSeconds) == [20, 30, 40])
    #expect(series.points(after: 40).isEmpty)
    #expect(series.points(after: .min).count == 4)
    #expect(series.points(from: 20, to: 30).map(\.timestampSeconds) == [20, 30])
    #expect(series.points(from: 21, to: 29).isEmpty)
    #expect(series.points(from: .min, to: .max).count == 4)
    #expect(series.points(from: 30, to: 20).isEmpty)
    #expect(PriceSeries(windowSeconds: 1).points(after: nil).isEmpty)
  }

  @Test func aPointOfExactlyTheWindowStaysAndAnOlderOneGoes() {
    var series = PriceSeries(windowSeconds: 100)
    series.append(contentsOf: points([0, 1, 2, 100]))
    #expect(series.oldest?.timestampSeconds == 0)
    series.append(contentsOf: points([101]))
    #expect(series.oldest?.timestampSeconds == 1)
    #expect(series.expiredCount == 1)
    series.append(contentsOf: points([500]))
    #expect(series.points(after: nil).map(\.timestampSeconds) == [500])
    #expect(series.expiredCount == 5)
  }

  @Test func droppedPointsGiveTheirMemoryBack() {
    var series = PriceSeries(windowSeconds: 10_000)
    for second in 0..<200_000 {
      series.append(contentsOf: points([Int64(second)]))
      #expect(series.heldCount <= 10_001 + 10_001 / 7 + 64)
    }
    #expect(series.count == 10_001)
    #expect(series.expiredCount == 200_000 - 10_001)
  }

  private func points(_ times: [Int64]) -> [PricePoint] {
    times.map { PricePoint(timestampSeconds: $0, price: Double($0)) }
  }
}

@Suite struct PriceBatchTests {
  @Test func implausibleAndFuturePointsAreDroppedAndCounted() {
    let raw = [
      (1, 1.0), (2, .nan), (3, -1), (4, 0), (5, .infinity), (6, 2), (101, 3), (-1, 3), (100, 4),
    ].map { PricePoint(timestampSeconds: $0.0, price: $0.1) }
    let batch = PriceBatch(raw: raw, latest: 100)
    #expect(batch.points.map(\.timestampSeconds) == [1, 6, 100])
    #expect(batch.dropped.implausibleCount == 4)
    #expect(batch.dropped.outOfRangeCount == 2)
    #expect(batch.dropped.totalCount == 6)
  }

  @Test func unorderedPointsAreSortedAndTheFirstOfEqualTimesWins() {
    let raw = [(3, 3.0), (1, 1), (2, 2), (1, 9), (3, 9)]
      .map { PricePoint(timestampSeconds: $0.0, price: $0.1) }
    let batch = PriceBatch(raw: raw, latest: 100)
    #expect(batch.points.map(\.price) == [1, 2, 3])
    #expect(batch.dropped.duplicateCount == 2)
  }
}
