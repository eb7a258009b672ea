import JSON
import Testing

@testable import Benchmarking

struct ReportTests {
  static func report(_ medians: [Double], candidate: String = "updraft") -> BenchReport {
    var report = BenchReport(
      plan: BenchPlan(.fanout),
      machine: Machine(cores: 2, processor: "CPU", memoryBytes: 1 << 34, kernel: "6.1", load: 0.5),
      commit: "abc", startedAt: "2026-11-22T11:00:00Z", command: "updraft bench fanout")
    for (index, median) in medians.enumerated() {
      var run = CandidateRun(candidate: candidate, run: index + 1)
      run.take(latencies: [median, median * 2], startSeconds: [0, 1])
      run.figures[.p50] = median
      run.figures[.connected] = 5
      run.memoryLine.add(30, atSeconds: 0.5)
      report.runs.append(run)
    }
    return report
  }

  @Test func aReportSurvivesItsJSONLines() throws {
    var report = Self.report([1, 2, 3])
    report.heatMap = HeatMap(rounds: [["a": .answered(1.25), "b": .timeout]])
    let read = try BenchReport(jsonLines: report.jsonLines)
    #expect(read.jsonLines == report.jsonLines)
    #expect(read.heatMap == report.heatMap)
    #expect(read.runs[2].figures[.p50] == 3)
    for line in report.jsonLines.split(separator: "\n") { _ = try JSONValue.parse(text: line) }
  }

  @Test func anotherFileIsNoReport() {
    #expect(throws: BenchError.self) { try BenchReport(jsonLines: "") }
    #expect(throws: BenchError.self) { try BenchReport(jsonLines: "{\"bench\":\"fanout\"}\n") }
    let later = Self.report([1]).jsonLines.replacing("\"version\":1", with: "\"version\":2")
    #expect(throws: BenchError("the report has another version's layout; measure again")) {
      try BenchReport(jsonLines: later)
    }
  }

  @Test func aDifferenceCountsOnlyBeyondTheNoise() throws {
    func verdict(_ old: [Double], _ new: [Double]) -> Comparison.Verdict? {
      Comparison.all(old: Self.report(old), new: Self.report(new)).first { $0.figure == .p50 }?
        .verdict
    }
    #expect(verdict([10, 10, 10], [10.1, 10.1, 10.1]) == .same)
    #expect(verdict([10, 10, 10], [12, 12, 12]) == .worse)
    #expect(verdict([10, 10, 10], [8, 8, 8]) == .better)
    #expect(verdict([5, 10, 15], [7, 12, 17]) == .same)
    #expect(verdict([10], [20]) == .unknown)
    #expect(verdict([0, 0, 0], [1, 1, 1]) == .worse)
    let described = Comparison.all(old: Self.report([1, 1, 1]), new: Self.report([1, 1, 1]))
    #expect(!described.contains { $0.figure == .connected })
  }

  @Test func ratiosAreToOurs() {
    var report = Self.report([2, 2])
    report.runs += Self.report([8, 8], candidate: "pip").runs
    #expect(report.candidates == ["updraft", "pip"])
    #expect(report.ratio(.p50, of: "pip") == 4)
    #expect(report.ratio(.connected, of: "pip") == nil)
  }

  @Test func thePageIsOneFileWhoseDataCannotEndItsElement() throws {
    var report = Self.report([1, 2, 3])
    report.command = "updraft bench </script><script>alert(1)"
    report.heatMap = HeatMap(rounds: [["a": .answered(1)]])
    let html = report.page(comparedTo: Self.report([1, 1, 1])).html
    #expect(html.split(separator: "</script>").count == 3, "the data's and the script's own")
    #expect(!html.contains("http://") || html.contains("http://www.w3.org/2000/svg"))
    #expect(!html.contains("src=") && !html.contains("@import"))
    #expect(html.contains("Latency by percentile") && html.contains("Resident memory"))
    #expect(html.contains("Compared with abc"))
  }

  @Test func numbersHaveThreeDigits() {
    #expect(
      [0, 0.12345, 1.234, 12.34, 123.4, 12_345.6].map(NumberText.describe)
        == ["0", "0.123", "1.23", "12.3", "123", "12346"])
    #expect(NumberText.describe(60) == "60" && NumberText.describe(-2.5) == "-2.5")
    #expect(NumberText.describe(.nan) == "–" && NumberText.describe(.infinity) == "∞")
  }
}
