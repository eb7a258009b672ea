import Testing

@testable import Benchmarking

/// What is computed from latencies.
struct MeasureTests {
  @Test func percentilesAreThoseOfTheValuesToThreeDigits() {
    let profile = LatencyProfile(millis: (1...1_000).map(Double.init))
    #expect(profile.count == 1_000)
    #expect(abs(profile.millis(atShare: 0.5) - 500) <= 0.5)
    #expect(abs(profile.millis(atShare: 0.999) - 999) <= 1)
    #expect(profile.millis(atShare: 1) >= 1_000)
    #expect(LatencyProfile().millis(atShare: 0.5) == 0)
  }

  @Test func aLatencyBeyondAnHourCountsAsAnHour() {
    let profile = LatencyProfile(millis: [1e12, -3])
    #expect(profile.count == 2)
    #expect(abs(profile.millis(atShare: 1) / 3_600_000 - 1) < 0.001)
    #expect(profile.millis(atShare: 0.1) == 0)
  }

  @Test func aPercentileThatTheCountDoesNotSupportIsNotTold() {
    let few = Figure.latencies(LatencyProfile(millis: (1...99).map(Double.init)))
    #expect(few[.p90] != nil && few[.p99] == nil && few[.p999] == nil)
    let many = Figure.latencies(LatencyProfile(millis: (1...1_000).map(Double.init)))
    #expect(many[.p99] != nil && many[.p999] != nil)
    #expect(LatencyProfile(millis: [1, 2, 3]).curve.map(\.share) == [0.5, 1])
  }

  @Test func aLongRoundDelaysThoseAfterItInAnOpenLoop() {
    // Every 10 ms; the second takes 35 ms, so the next two wait 25 and 20 ms.
    let latencies = OpenLoop.latencies(wallMillis: [5, 35, 5, 5, 5], intervalMillis: 10)
    #expect(latencies == [5, 35, 30, 25, 20])
    #expect(OpenLoop.latencies(wallMillis: [5, 35, 5], intervalMillis: 0) == [5, 35, 5])
  }

  @Test func theMediansErrorNeedsThreeRunsAndIgnoresOneOutlier() {
    #expect(RunSpread([1, 2]).medianError == nil)
    #expect(RunSpread([10, 10, 10, 10, 99]).medianError == 0)
    #expect(RunSpread([3, 1, 2, 4]).median == 2.5)
    #expect(RunSpread([]).median.isNaN)
    let error = RunSpread([9, 10, 11]).medianError ?? 0
    #expect(abs(error - 1.2533 * 1.4826 / 3.0.squareRoot()) < 1e-9)
  }

  @Test func aTimeLineStaysSmallAndKeepsItsPeaks() {
    var line = TimeLine()
    for index in 0..<25_000 { line.add(index == 12_345 ? 99 : 1, atSeconds: Double(index)) }
    #expect(line.all.count <= TimeLine.pointsMax)
    #expect(line.all.map(\.value).max() == 99)
    #expect(line.all.map(\.seconds) == line.all.map(\.seconds).sorted())
  }

  @Test func aTrendIsTheSlopeOfALine() {
    let line = LinearTrend((0..<10).map { (Double($0), 3 + 2 * Double($0)) })
    #expect(abs(line.slope - 2) < 1e-9 && line.slopeError < 1e-6)
    #expect(LinearTrend([(1, 5)]).slope == 0)
    #expect(LinearTrend([(1, 5), (1, 9)]).slope == 0)
    let noisy = LinearTrend([(0, 1), (1, -1), (2, 1), (3, -1)])
    #expect(noisy.slopeError > abs(noisy.slope))
  }
}
