import JSON
import Testing

@testable import Benchmarking

/// What is sent and stored.
struct TextTests {
  @Test(arguments: [1, 1_000, 4_660_000])
  func aPriceHistoryIsAboutAsLongAsAskedFor(byteCount: Int) throws {
    let text = PriceHistoryText.json(byteCount: byteCount)
    #expect(try JSONValue.parse(text: text)["BTC"]?.arrayValue?.isEmpty == false)
    if byteCount > 1 { #expect(abs(Double(text.utf8.count) / Double(byteCount) - 1) < 0.05) }
  }

  @Test func anAnswerIsAboutAsLongAsAskedFor() throws {
    var random = SystemRandomNumberGenerator()
    let steps = DensityText.stepCount(replyBytes: 55_000)
    let text = DensityText.json(stepCount: steps, using: &random)
    #expect(abs(Double(text.utf8.count) / 55_000 - 1) < 0.1)
    #expect(try JSONValue.parse(text: text).arrayValue?.count == steps)
    #expect(DensityText.stepCount(replyBytes: 1) == 1)
  }

  @Test func aCapacityCellHasItsRatesFromTheMedians() throws {
    var report = ReportTests.report([40, 40, 40])
    for index in report.runs.indices {
      report.runs[index].figures.merge([.cpu: 30, .peakMemory: 100]) { $1 }
    }
    let cell = try #require(CapacityCell(report))
    #expect(cell.roundsPerMinuteMax == 2_000 && cell.cpuMicrosPerCall == 30)
    #expect(cell.texts.count == CapacityCell.columns.count)
    #expect(CapacityCell(ReportTests.report([1])) == nil)
  }
}
