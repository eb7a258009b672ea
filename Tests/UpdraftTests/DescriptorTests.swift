import Competition
import EventLoop
import GatewayTestSupport
import JSON
import Testing

/// `updraft call` as a process of its own, with few file descriptors.
@Suite(.timeLimit(.minutes(2)))
struct DescriptorTests {
  @Test func moreModelsThanDescriptorsAreRefusedByNameAndTheRestIsCalled() async throws {
    try await withCrowd(of: 80) { port in
      let call = try ProgramRun.call(port)
      let run = try await ProgramRun.finish(["prlimit", "--nofile=104:104"] + call)
      #expect(run.exit?.isSuccess == true, "\(run.lines)")
      let summary = try run.summary()
      #expect(summary["connected"]?.intValue == 40, "104 less 56 and the loop's 8")
      #expect(summary["reports"]?.arrayValue?.isEmpty == true)
      let refusal = run.lines.filter { $0.contains("models refused") }
      #expect(refusal.count == 1 && refusal[0].contains("40 (sim-"), "\(refusal)")
      #expect(refusal.first?.contains("104 open files") == true)
    }
  }

  @Test func modelsWithoutADescriptorWaitAndAreNotReported() async throws {
    try await withCrowd(of: 60) { port in
      // 160 open files, 100 of them taken: the reserve is gone, and more than half of the models.
      let hoard = "for n in {40..139}; do eval \"exec $n</dev/null\"; done; exec \"$@\""
      let call = try ProgramRun.call(port)
      let run = try await ProgramRun.finish(
        ["prlimit", "--nofile=160:160", "bash", "-c", hoard, "hoard"] + call)
      #expect(run.exit?.isSuccess == true, "\(run.lines)")
      let summary = try run.summary()
      let connected = try #require(summary["connected"]?.intValue)
      #expect((1..<60).contains(connected))
      #expect(summary["reports"]?.arrayValue?.isEmpty == true)
      let round = try run.round()
      #expect(round["success"]?.intValue == connected)
      let alarms = run.lines.filter { $0.contains("out of file descriptors") }
      #expect(alarms.count == 1, "one line, not one a model: \(alarms)")
    }
  }

  private func withCrowd(
    of count: Int, _ body: (_ orchestratorPort: UInt16) async throws -> Void
  ) async throws {
    try await SimulatedCrowd.with(FleetOptions(modelCount: count), body)
  }
}
