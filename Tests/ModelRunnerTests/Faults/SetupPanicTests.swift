import Competition
import GatewayTestSupport
import ModelRunner
import Resilience
import Testing

@Suite(.timeLimit(.minutes(2)))
struct SetupPanicTests {
  @Test func aMistypedBaseClassGetsNobodyReportedAndIsNamed() async throws {
    var options = FleetOptions(modelCount: 12)
    let script = try FaultScript("setup 1-2 bad-implementation")
    for index in 0..<12 { options.scripts[index] = script }
    try await SimulatedGame.play(options) { options in
      options.setupRetry = Backoff(min: .milliseconds(50), max: .milliseconds(200))
    } _: { game in
      var news: [String] = []
      for await event in game.cluster.events {
        if case .setupPanic(let text) = event { news.append(text) }
        if case .modelReady = event, await game.cluster.models().count == 12 { break }
      }
      #expect(news.count == 1, "once, although everyone failed twice: \(news)")
      #expect(news.first?.contains("12 of 12 models") == true)
      #expect(news.first?.contains("check base_class (game.Base)") == true)
      #expect(game.orchestrator.reports.isEmpty)
      let round = try await game.cluster.call("tick", timeout: .seconds(5))
      #expect(round.count(.success) == 12)
    }
  }

  @Test func oneModelWithoutTheBaseClassIsReported() async throws {
    var options = FleetOptions(modelCount: 12)
    options.scripts[4] = try FaultScript("setup * bad-implementation")
    try await SimulatedGame.play(options) { game in
      try await game.waitForReports(1)
      let report = try #require(game.orchestrator.reports.first)
      #expect(report.modelID == game.fleet.models[4].modelID)
      #expect(report.code == .badImplementation)
      #expect(await game.cluster.models().count == 11)
    }
  }

  @Test func underCompatibleEveryModelWithoutTheBaseClassIsReportedAtOnce() async throws {
    var options = FleetOptions(modelCount: 8)
    let script = try FaultScript("setup * bad-implementation")
    for index in 0..<8 { options.scripts[index] = script }
    try await SimulatedGame.play(options) { options in
      options.breakerPolicy = .compatible
    } _: { game in
      try await game.waitForReports(8)
      #expect(game.orchestrator.reports.allSatisfy { $0.code == .badImplementation })
    }
  }

  /// How soon is measured by `make chaos`; here, that the others don't wait for either.
  @Test func aHungSetupAndAClosedPortKeepNobodyFromTheFirstTick() async throws {
    var options = FleetOptions(modelCount: 200)
    options.fractions = [.setupHanging: 0.005, .refusing: 0.005]
    try await SimulatedGame.play(options, waits: false) { game in
      try await game.waitUntil("all others are ready", within: .seconds(60)) { $0.count == 198 }
      let round = try await game.cluster.call("tick", timeout: .seconds(20))
      #expect(round.count(.success) == 198 && round.results.count == 198)
      #expect(game.orchestrator.reports.isEmpty, "both are still being tried")
    }
  }
}
