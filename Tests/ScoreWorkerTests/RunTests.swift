import Competition
import ScoreStore
import Testing

@testable import ScoreWorker

/// The parts of a run that need no database.
struct RunTests {
  private func round(_ end: Int64, _ count: Int = 1, asset: String = "BTC") -> ReadyRound {
    ReadyRound(
      params: PredictionParams(asset: asset, horizonSeconds: 600, stepSeconds: 60),
      performedAt: UTCTime(secondsSinceEpoch: end - 600),
      resolvableAt: UTCTime(secondsSinceEpoch: end), predictionCount: count)
  }

  @Test func roundsAreCutByTimeAndByRowsAndNoneIsLost() {
    let rounds = (0..<50).map { round(Int64($0) * 7_200, 300) }
    let slices = RoundBatches.slices(rounds)
    #expect(slices.map(\.count) == [13, 13, 13, 11])
    #expect(slices.flatMap { $0 } == rounds)
    let batches = RoundBatches.batches(rounds[...], rowsMax: 1_000)
    #expect(batches.allSatisfy { $0.count <= 3 })
    #expect(batches.flatMap { $0 } == rounds)
    #expect(RoundBatches.batches([round(0, 5_000)], rowsMax: 1_000).map(\.count) == [1])
    #expect(RoundBatches.batches([], rowsMax: 1_000).isEmpty)
    #expect(
      RoundBatches.batches((0..<150).map { round(Int64($0)) }[...], rowsMax: 1_000).map(\.count)
        == [100, 50])
  }

  @Test func onlyWhatIsMissingIsAskedFor() throws {
    let end = UTCTime(secondsSinceEpoch: 100_000)
    let span = try #require(
      PriceSpan([round(6_000), round(9_000)], margin: .seconds(120), notAfter: end))
    #expect(span == PriceSpan([round(9_000), round(6_000)], margin: .seconds(120), notAfter: end))
    #expect((span.from, span.until) == (5_220, 9_120))
    func missing(_ times: some Sequence<Int64>) -> ClosedRange<Int64>? {
      span.missing(times.map { ($0, 1) }, resolution: 60)
    }
    let all = Array(stride(from: Int64(5_220), through: 9_120, by: 60))
    #expect(missing(all) == nil)
    #expect(missing([]) == 5_220...9_120)
    #expect(missing(all.dropLast(3)) == 8_941...9_120)
    #expect(missing(all.dropFirst(3)) == 5_220...5_399)
    #expect(missing(all.filter { $0 != 6_000 && $0 != 7_020 }) == 5_941...7_079)
    #expect(PriceSpan([round(9_000)], margin: .zero, notAfter: .init(secondsSinceEpoch: 9)) == nil)
    #expect(PriceSpan([ReadyRound](), margin: .zero, notAfter: end) == nil)
  }
}
