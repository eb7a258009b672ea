import Testing

@testable import Updraft

struct GameLinesTests {
  private func line(_ message: String, at second: String, _ fields: String = "") -> String {
    #"{"time":"2026-11-22T11:01:\#(second)Z","level":"info","logger":"predict-worker","#
      + #""message":"\#(message)"\#(fields)}"#
  }

  @Test func aRoundsLatencyCountsFromTheBeginOfTheTickBeforeIt() {
    let lines = GameLines([
      line("tick closed", at: "00.020", #","wall_ms":"20""#),
      line("round opened", at: "00.021", #","called":"5""#), line("round closed", at: "00.050"),
      line("round stored", at: "00.090", #","latency_ms":"40""#),
      line("tick closed", at: "01.010", #","wall_ms":"10""#),
      line("round opened", at: "01.011"), line("round closed", at: "01.031"),
    ])
    #expect(lines.latencies.map { $0.rounded() } == [50, 31])
    #expect(lines.storedMillis == [40])
    #expect(lines.openedCount == 2 && lines.lastOpenedAt?.iso8601 == "2026-11-22T11:01:01.011000")
    #expect(lines.startSeconds.map { ($0 * 10).rounded() / 10 } == [0, 1])
  }

  @Test func missedTurnsAndLostRoundsAreCounted() {
    let lines = GameLines([
      line("round late", at: "00.000", #","missed_turns":"3""#),
      line("round left out: storage has no room for its answers", at: "01.000"),
      line("round lost: storage has ended", at: "02.000"), "no JSON",
    ])
    #expect(lines.missedTurnCount == 3 && lines.leftOutCount == 2)
    #expect(lines.latencies.isEmpty)
  }

  @Test func onlyLinesOfRoundsAndTicksAreKept() {
    #expect(GameLines.isWanted(line("round closed", at: "00.000")))
    #expect(!GameLines.isWanted(line("model lost", at: "00.000")))
  }

  @Test func aGameHasSettledWhenEveryModelIsKnownAndMostAreCalled() {
    func settled(_ models: Int, called: Int) -> Bool {
      let fields = #","models":"\#(models)","called":"\#(called)""#
      return GameLines.settledAt(line("round opened", at: "00.000", fields), models: 10) != nil
    }
    #expect(settled(10, called: 9) && !settled(10, called: 8) && !settled(9, called: 9))
    #expect(GameLines.settledAt(line("round closed", at: "00.000"), models: 10) == nil)
  }
}
