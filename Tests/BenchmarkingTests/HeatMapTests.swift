import Testing

@testable import Benchmarking

struct HeatMapTests {
  @Test func theSlowestModelsComeLastAndThoseThatNeverAnsweredAfterThem() throws {
    let round: [String: HeatMap.Cell] = [
      "slow": .answered(9), "fast": .answered(1), "hung": .timeout, "bad": .failed,
    ]
    let map = try #require(HeatMap(rounds: [round, round]))
    #expect(map.rows.map(\.first) == ["fast", "slow", "bad", "hung"])
    #expect(map.cells[0] == [.answered(1), .answered(1)])
    #expect(map.cells[3] == [.timeout, .timeout])
    #expect(HeatMap(rounds: []) == nil)
  }

  @Test func aModelThatJoinsLaterWasNotAskedBefore() throws {
    let map = try #require(
      HeatMap(rounds: [["a": .answered(1)], ["a": .answered(1), "b": .failed]]))
    #expect(map.cells[1] == [.none, .failed])
  }

  @Test func thousandsOfModelsShareRowsAndABadHalfShows() throws {
    var round: [String: HeatMap.Cell] = [:]
    for index in 0..<1_000 { round["m\(1_000 + index)"] = index < 990 ? .answered(1) : .timeout }
    let map = try #require(HeatMap(rounds: Array(repeating: round, count: 500)))
    #expect(map.rows.count <= HeatMap.rowsMax && map.cells[0].count <= HeatMap.columnsMax)
    #expect(map.rows.reduce(0) { $0 + $1.modelCount } == 1_000)
    #expect(map.cells.last?.first == .timeout)
    #expect(map.cells.first?.first == .answered(1))
  }
}
