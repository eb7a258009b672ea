import Competition
import GatewayTestSupport
import ModelRunner
import Orchestration
import Testing

@Suite(.timeLimit(.minutes(2)))
struct OrchestratorFloodTests {
  @Test func anInitOfTenThousandConnectsAsManyAsAllowedAndNamesTheRest() async throws {
    let modelsMax = 120
    let fleet = try await SimulatedFleet.start(FleetOptions(modelCount: modelsMax))
    let others = (modelsMax..<10_000).map { number in
      ModelDescription(
        modelID: ModelID("too-many-\(number)"), deploymentID: "1", infos: ModelInfos(),
        host: "127.0.0.1", port: 1)
    }
    let orchestrator = try await SimulatedOrchestrator.start(
      crunchID: "game", models: fleet.models + others, logger: quietLogger)
    var options = ClusterOptions(crunchID: "game", baseClass: "game.Base", logger: quietLogger)
    options.orchestratorHost = "127.0.0.1"
    options.orchestratorPort = orchestrator.port
    options.limits.modelsMax = modelsMax
    let cluster = try await ModelCluster.start(options)
    var refused: Set<ModelID> = []
    var refusalCount = 0
    for await event in cluster.events {
      if case .modelsRefused(let ids, let reason) = event {
        refused.formUnion(ids)
        refusalCount += 1
        #expect(reason == "over the limit of 120 models (limits.models_max)")
      }
      if refused.count == others.count, await cluster.models().count == modelsMax { break }
    }
    #expect(refused == Set(others.map(\.modelID)))
    #expect(refusalCount < 20, "one event a message, not one a model")
    let round = try await cluster.call("tick", timeout: .seconds(10))
    #expect(round.count(.success) == modelsMax)
    #expect(await cluster.stop() == 0)
    #expect(await orchestrator.stop() == 0)
    #expect(await fleet.stop() == 0)
  }

  @Test func modelsThatFlapHundredsOfTimesEndInTheRightStateAndLeakNothing() async throws {
    try await SimulatedGame.play(FleetOptions(modelCount: 6)) { game in
      let flapping = Array(game.fleet.models.prefix(4))
      for turn in 1...300 {
        let state: FeedState = turn.isMultiple(of: 2) ? .running : .stopped
        await game.orchestrator.update(flapping.map { FeedEntry($0, state: state) })
      }
      await game.orchestrator.update([FeedEntry(flapping[0], state: .stopped)])
      let last = Set(game.fleet.models.dropFirst().map(\.modelID))
      try await game.waitUntil("the last word counts") { models in
        Set(models.map(\.description.modelID)) == last
      }
      let round = try await game.cluster.call("tick", timeout: .seconds(5))
      #expect(round.count(.success) == 5)
    }
  }

  @Test func theSameListAgainKeepsEveryConnection() async throws {
    let fleet = try await SimulatedFleet.start(FleetOptions(modelCount: 10))
    let first = try await SimulatedOrchestrator.start(
      crunchID: "game", models: fleet.models, logger: quietLogger)
    var options = ClusterOptions(crunchID: "game", baseClass: "game.Base", logger: quietLogger)
    options.orchestratorHost = "127.0.0.1"
    options.orchestratorPort = first.port
    let cluster = try await ModelCluster.start(options)
    #expect(await cluster.waitForModels(atMost: .seconds(20)))
    let before = await cluster.models()
    #expect(before.count == 10)
    await first.stop()
    // The second one says the same but for one model less, which shows that its list was read.
    let second = try await SimulatedOrchestrator.start(
      crunchID: "game", models: Array(fleet.models.dropLast()), port: first.port,
      logger: quietLogger)
    let gone = try #require(fleet.models.last).modelID
    for await event in cluster.events {
      if case .modelClosed(let model, _) = event, model.modelID == gone { break }
    }
    #expect(await cluster.models() == before.filter { $0.description.modelID != gone })
    #expect(await cluster.stop() == 0)
    #expect(await second.stop() == 0)
    #expect(await fleet.stop() == 0)
  }
}
