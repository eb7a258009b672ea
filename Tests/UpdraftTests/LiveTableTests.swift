import Competition
import Testing

@testable import Updraft

/// The table of the demo.
struct LiveTableTests {
  private func closed(_ key: String) throws -> DemoRound {
    let text = """
      {"level":"info","message":"round closed","round":"\(key)","asset":"BTC","horizon":"10",\
      "step":"2","success":"3","failed":"0","timeout":"1","absent":"0","wall_ms":"12.34"}
      """
    return try #require(ProgramLine(text).flatMap { DemoRound(closed: $0) })
  }

  private func stored(_ closed: DemoRound) -> DemoRound {
    var round = closed
    round.isStored = true
    (round.success, round.failed) = (2, 1)
    return round
  }

  @Test func aClosedRoundWaitsInTheSpoolUntilItIsStored() throws {
    var table = LiveTable()
    table.roundDidClose(try closed("a"))
    #expect((table.closedCount, table.storedCount, table.waitingCount) == (1, 0, 1))
    #expect(table.lines(newest: 5).last?.hasSuffix("spool") == true)
    let line = try #require(table.roundWasStored(stored(try closed("a"))))
    #expect(line.hasSuffix("yes"))
    #expect((table.closedCount, table.storedCount, table.rowCount) == (1, 1, 4))
  }

  @Test func aRoundIsCountedOnceHoweverOftenItIsSeen() throws {
    var table = LiveTable()
    let round = stored(try closed("a"))
    #expect(table.roundWasStored(round) != nil)
    #expect(table.roundWasStored(round) == nil)
    table.roundDidClose(try closed("a"))
    #expect((table.closedCount, table.storedCount, table.rowCount) == (1, 1, 4))
  }

  @Test func theNumbersOfTheDatabaseReplaceThoseOfTheLog() throws {
    var table = LiveTable()
    table.roundDidClose(try closed("a"))
    let line = try #require(table.roundWasStored(stored(try closed("a"))))
    let cells = line.split(separator: " ").map(String.init)
    #expect(cells == ["1", "BTC", "10s/2s", "4", "2", "1", "1", "0", "12.3", "4", "yes"])
  }

  @Test func titlesAndRowsAreEquallyWide() throws {
    var table = LiveTable()
    table.roundDidClose(try closed("a"))
    #expect(Set(table.lines(newest: 1).map(\.count)).count == 1)
  }

  @Test func onlyTheNewestRoundsAreShown() throws {
    var table = LiveTable()
    for number in 1...30 { table.roundDidClose(try closed("\(number)")) }
    let lines = table.lines(newest: 4)
    #expect(lines.count == 5)
    #expect(lines[1].contains("   27  "))
  }
}
