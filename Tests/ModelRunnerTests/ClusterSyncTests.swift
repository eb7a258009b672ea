import Competition
import GatewayTestSupport
import ModelRunner
import Orchestration
import Resilience
import Testing

@Suite(.timeLimit(.minutes(2)))
struct ClusterSyncTests {
  @Test func modelsJoinLeaveAndMoveWhileTheClusterRuns() async throws {
    try await SimulatedGame.play(FleetOptions(modelCount: 5)) { game in
      let first = await game.cluster.models()
      #expect(first.count == 5)
      let gone = game.fleet.models[0]
      await game.orchestrator.update([FeedEntry(gone, state: .stopped)])
      try await game.waitUntil("a stopped model is gone") { $0.count == 4 }

      await game.orchestrator.update([FeedEntry(gone)])
      try await game.waitUntil("it is back") { $0.count == 5 }

      let moved = ModelDescription(
        modelID: gone.modelID, deploymentID: "new", infos: gone.infos, host: gone.host,
        port: game.fleet.models[1].port)
      await game.orchestrator.update([FeedEntry(moved)])
      try await game.waitUntil("the new deployment took its place") { models in
        models.contains { $0.description.deploymentID == "new" }
      }
      let round = try await game.cluster.call("tick", timeout: .seconds(5))
      #expect(round.count(.success) == 5)
    }
  }

  @Test func aChangeOfNamesKeepsTheConnection() async throws {
    try await SimulatedGame.play(FleetOptions(modelCount: 2)) { game in
      let before = await game.cluster.models()
      var renamed = game.fleet.models[0]
      renamed.infos.modelName = "a better name"
      await game.orchestrator.update([FeedEntry(renamed)])
      try await game.waitUntil("the new name is known") { models in
        models.contains { $0.description.infos.modelName == "a better name" }
      }
      #expect(await game.cluster.models().map(\.connection) == before.map(\.connection))
    }
  }

  @Test func aBrokenConnectionIsMadeAnew() async throws {
    var options = FleetOptions(modelCount: 4)
    options.fractions = [.flapping: 0.5]
    try await SimulatedGame.play(options) { game in
      let before = await game.cluster.models()
      _ = try await game.cluster.call("tick", timeout: .seconds(5))
      try await game.waitUntil("both flapping models have a new connection") { models in
        zip(models, before).count { $0.connection != $1.connection } == 2
      }
    }
  }

  @Test func modelsThatStopAnsweringAreReportedAndRemoved() async throws {
    var options = FleetOptions(modelCount: 3)
    options.fractions = [.failing: 0.34]
    try await SimulatedGame.play(options) { options in
      options.breakerPolicy = .compatible
      options.breaker = BreakerSettings(failuresMax: 3, timeoutsMax: 3)
    } _: { game in
      for number in 1...4 {
        let round = try await game.cluster.call("predict", predictArguments, timeout: .seconds(5))
        #expect(round.results.count == 3, "round \(number)")
      }
      let last = try await game.cluster.call("predict", predictArguments, timeout: .seconds(5))
      #expect(last.results.count == 2, "the failing model is out after the fourth failure")
      try await game.waitForReports(1)
      let report = try #require(game.orchestrator.reports.first)
      #expect(report.code == .multipleFailed)
      #expect(game.results(last, of: .failing).isEmpty)
    }
  }

  @Test func withReportsTurnedOffAModelStaysConnected() async throws {
    var options = FleetOptions(modelCount: 1)
    options.fractions = [.failing: 1]
    try await SimulatedGame.play(options) { options in
      options.breakerPolicy = .compatible
      options.breaker = BreakerSettings(failuresMax: 1, timeoutsMax: 1)
      options.reportsFailures = false
    } _: { game in
      for _ in 1...5 {
        let round = try await game.cluster.call("predict", predictArguments, timeout: .seconds(5))
        #expect(round.count(.failed) == 1)
      }
      #expect(game.orchestrator.reports.isEmpty)
    }
  }

  @Test func anOrchestratorThatComesLateIsWaitedFor() async throws {
    let fleet = try await SimulatedFleet.start(FleetOptions(modelCount: 2))
    let first = try await SimulatedOrchestrator.start(
      crunchID: "game", models: [], logger: quietLogger)
    let port = first.port
    await first.stop()
    var options = ClusterOptions(crunchID: "game", baseClass: "game.Base", logger: quietLogger)
    options.orchestratorHost = "127.0.0.1"
    options.orchestratorPort = port
    let cluster = try await ModelCluster.start(options)
    var events = cluster.events.makeAsyncIterator()
    let lost = await events.next()
    guard case .orchestratorLost = lost else {
      Issue.record(
        "expected to hear that the orchestrator is away, got \(String(describing: lost))")
      return
    }
    let second = try await SimulatedOrchestrator.start(
      crunchID: "game", models: fleet.models, port: port, logger: quietLogger)
    #expect(await cluster.waitForModels(atMost: .seconds(20)))
    let round = try await cluster.call("tick", timeout: .seconds(5))
    #expect(round.count(.success) == 2)
    #expect(await cluster.stop() == 0)
    #expect(await second.stop() == 0)
    #expect(await fleet.stop() == 0)
  }
}
