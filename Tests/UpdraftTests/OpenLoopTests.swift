import GatewayTestSupport
import JSON
import Testing

/// `updraft call --open-loop` as a process of its own.
@Suite(.timeLimit(.minutes(2)))
struct OpenLoopTests {
  @Test func roundsThatComeLateSayHowLateAndDoNotShiftTheSchedule() async throws {
    var options = FleetOptions(modelCount: 2)
    options.delay = .fixed(milliseconds: 60)
    try await SimulatedCrowd.with(options) { port in
      let schedule = ["--rounds", "4", "--interval", "20ms", "--open-loop", "--loops", "2"]
      let run = try await ProgramRun.finish(try ProgramRun.call(port) + schedule)
      let late = run.lines.compactMap {
        try? JSONValue.parse(text: $0)["late_ms"]?.doubleValue
      }
      try #require(late.count == 4, "\(run.lines)")
      // A round takes 60 ms and more, the next one is due after 20.
      for round in 1..<4 { #expect(late[round] >= Double(round) * 40) }
      #expect(try run.summary()["connected"]?.intValue == 2)
    }
  }

  @Test func aClosedLoopTellsNoLateness() async throws {
    try await SimulatedCrowd.with(FleetOptions(modelCount: 2)) { port in
      let run = try await ProgramRun.finish(try ProgramRun.call(port))
      #expect(try run.round()["late_ms"] == nil)
    }
  }

  @Test func anOpenLoopWithoutAnIntervalIsRefused() async throws {
    let run = try await ProgramRun.finish(try ProgramRun.call(1) + ["--open-loop"])
    #expect(run.exit?.code == 64)
    #expect(run.lines.contains { $0.contains("--open-loop: needs --interval") })
  }

  @Test func randomFaultsHitTheirShareOfAllCalls() async throws {
    func successes(_ rate: Double) async throws -> Int64 {
      var count: Int64 = 0
      var options = FleetOptions(modelCount: 20)
      options.faultRate = rate
      try await SimulatedCrowd.with(options) { port in
        let limits = ["--timeout", "1s", "--no-report"]
        let run = try await ProgramRun.finish(try ProgramRun.call(port) + limits)
        count = try #require(try run.round()["success"]?.intValue)
      }
      return count
    }
    #expect(try await successes(1) == 0)
    let half = try await successes(0.5)
    #expect((1..<20).contains(half))
    #expect(try await successes(0.5) == half, "the same seed, the same faults")
  }
}
