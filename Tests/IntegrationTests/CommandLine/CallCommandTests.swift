import Foundation
import GatewayTestSupport
import JSON
import Logging
import Testing

/// `updraft call`: its arguments, and its lines against simulated models.
struct CallCommandTests {
  @Test(arguments: [
    (["i:x"], "i:3600"), (["d:"], "d:1.5"), (["j:{"], "byte"), (["@/no/such/file"], "opened"),
    (["a=1", "a=2"], "twice"), (["a=1", "2"], "positional"),
  ])
  func anArgumentThatCannotBeReadIsNamedInOneLine(texts: [String], hint: String) async throws {
    let run = try await UpdraftProgram.run(["call", "predict"] + texts + ["--crunch", "c"])
    #expect(run.status == 64)
    #expect(run.errors.count == 1)
    #expect(run.errors.first?.hasPrefix("updraft call: argument ") == true)
    #expect(run.errors.first?.contains(hint) == true)
  }

  @Test(arguments: [
    ("[1]", "must be an object"), ("{\"arg\": [1]}", "arg is unknown"),
    ("{\"args\": 1}", "args is unknown or wrong"), ("{\"args\": [1", "byte"),
  ])
  func anArgumentFileOfAnotherShapeIsRefused(text: String, reason: String) async throws {
    try await withFile(text) { file in
      let run = try await UpdraftProgram.run(
        "call", "predict", "--crunch", "c", "--args-json", file)
      #expect(run.status == 64)
      #expect(run.errors.count == 1)
      #expect(run.errors.first?.contains(reason) == true)
    }
  }

  @Test func aMissingOrchestratorIsWaitedForAndThenTold() async throws {
    let run = try await UpdraftProgram.run(
      "call", "predict", "--crunch", "c", "--orchestrator", "127.0.0.1:1", "--connect-wait",
      "300ms")
    #expect(run.status == 69)
    #expect(run.errors.first?.contains("orchestrator away") == true)
    #expect(
      run.errors.last?.contains("no orchestrator at 127.0.0.1:1 within 300ms") == true)
  }

  @Test func anOrchestratorWithoutModelsGivesExitCodeOne() async throws {
    let feed = try await SimulatedOrchestrator.start(
      crunchID: "c", models: [], port: 0, logger: Self.silent)
    let run = try await call(feed, "predict", "BTC")
    #expect(run.status == 1)
    #expect(run.lines.last.map { $0.contains("\"connected\":0") } == true)
    await feed.stop()
  }

  @Test func roundsAndSummaryAreJSONLinesWithTheValuesAsReturned() async throws {
    try await withFleet(3) { feed in
      try await withFile("{\"args\": [20], \"kwargs\": {\"step\": 5}}") { file in
        let run = try await call(
          feed, "predict", "BTC", "--args-json", file, "--rounds", "2", "--results", "--values",
          "--loops", "2")
        #expect(run.status == 0, "\(run.errors)")
        try #require(run.lines.count == 3)
        let round = try JSONValue.parse(text: run.lines[1])
        #expect(round["round"] == 2)
        #expect(round["success"] == 3)
        #expect(round["sent"] == 3)
        #expect(round["cpu_ms"]?.doubleValue ?? 0 > 0)
        let results = try #require(round["results"]?.arrayValue)
        #expect(results.map { $0["model_id"]?.stringValue } == ["sim-1", "sim-2", "sim-3"])
        #expect(results[0]["status"] == "SUCCESS")
        #expect(results[0]["detail"]?.isNull == true)
        #expect(results[0]["value"]?.arrayValue?.first?["name"] == "norm")
        let summary = try JSONValue.parse(text: run.lines[2])
        #expect(summary["summary"] == true)
        #expect(summary["models"] == 3)
        #expect(summary["connected"] == 3)
        #expect(summary["rounds"] == 2)
        #expect(summary["wall_ms"]?["p50"]?.doubleValue ?? 0 > 0)
        let idle = try #require(summary["rss_idle_mb"]?.doubleValue)
        #expect(idle > 1 && summary["rss_peak_mb"]?.doubleValue ?? 0 >= idle)
        #expect(summary["reports"]?.arrayValue?.isEmpty == true)
      }
    }
  }

  @Test func aValueThatIsNotJSONIsAStringWithANote() async throws {
    try await withFleet(1, [.nan: 1]) { feed in
      let run = try await call(feed, "predict", "BTC", "i:10", "i:5", "--values")
      let result = try JSONValue.parse(text: try #require(run.lines.first))["results"]?[0]
      #expect(result?["value"] == "[NaN]")
      #expect(result?["value_note"]?.stringValue?.contains("NaN") == true)
    }
  }

  @Test func aModelPastItsLimitIsReportedInTheSummary() async throws {
    try await withFleet(1, [.failing: 1]) { feed in
      let run = try await call(
        feed, "predict", "BTC", "i:10", "i:5", "--rounds", "3", "--max-failures", "1",
        "--breaker", "compatible")
      let summary = try JSONValue.parse(text: try #require(run.lines.last))
      #expect(summary["reports"]?[0]?["model_id"] == "sim-1")
      #expect(summary["reports"]?[0]?["failure_code"] == "MULTIPLE_FAILED")
    }
  }

  private static var silent: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }

  private func call(
    _ feed: SimulatedOrchestrator, _ words: String...
  ) async throws -> UpdraftProgram {
    try await UpdraftProgram.run(
      ["call"] + words + ["--crunch", "c", "--orchestrator", "127.0.0.1:\(feed.port)", "--json"])
  }

  private func withFleet(
    _ count: Int, _ fractions: [ModelBehavior: Double] = [:],
    _ body: (SimulatedOrchestrator) async throws -> Void
  ) async throws {
    var options = FleetOptions(modelCount: count)
    options.fractions = fractions
    let fleet = try await SimulatedFleet.start(options)
    let feed = try await SimulatedOrchestrator.start(
      crunchID: "c", models: fleet.models, port: 0, logger: Self.silent)
    do { try await body(feed) } catch { Issue.record(error) }
    await feed.stop()
    await fleet.stop()
  }

  private func withFile(_ text: String, _ body: (String) async throws -> Void) async throws {
    let file = FileManager.default.temporaryDirectory
      .appendingPathComponent("args-\(UUID().uuidString).json")
    try text.write(to: file, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(at: file) }
    try await body(file.path)
  }
}
