import Competition
import GatewayTestSupport
import ModelRunner
import Resilience
import Testing

@Suite(.timeLimit(.minutes(2)))
struct ReplyCheckTests {
  @Test(arguments: BreakerPolicy.allCases)
  func textThatIsNotJSONIsAFailureThatCounts(policy: BreakerPolicy) async throws {
    var options = FleetOptions(modelCount: 4)
    options.scripts[0] = try FaultScript("call * undecodable")
    options.scripts[1] = try FaultScript("call * nan")
    try await SimulatedGame.play(options) { options in
      options.breakerPolicy = policy
      options.breaker = BreakerSettings(failuresMax: 2, timeoutsMax: 2)
    } _: { game in
      for _ in 1...3 {
        let round = try await game.cluster.call("predict", predictArguments, timeout: .seconds(5))
        let garbage = try #require(round.results.first)
        #expect(garbage.status == .failed && garbage.value == nil)
        #expect(garbage.detail?.hasPrefix("UNDECODABLE: ") == true)
        #expect(round.count(.success) == 3, "NaN is what Python's reader takes")
      }
      try await game.waitForReports(1)
      #expect(game.orchestrator.reports.map(\.modelID) == [game.fleet.models[0].modelID])
      #expect(game.orchestrator.reports.first?.code == .multipleFailed)
    }
  }

  @Test func tooDeepJSONIsAFailureThatOnlyFairCounts() async throws {
    for policy in BreakerPolicy.allCases {
      var options = FleetOptions(modelCount: 1)
      options.scripts[0] = try FaultScript("call * deep")
      try await SimulatedGame.play(options) { options in
        options.breakerPolicy = policy
        options.breaker = BreakerSettings(failuresMax: 2, timeoutsMax: 2)
      } _: { game in
        for _ in 1...3 {
          let round = try await game.cluster.call("predict", predictArguments, timeout: .seconds(5))
          #expect(round.count(.failed) == 1)
        }
        if policy == .fair {
          try await game.waitForReports(1)
        } else {
          let round = try await game.cluster.call("predict", predictArguments, timeout: .seconds(5))
          #expect(round.results.count == 1, "never removed")
        }
      }
    }
  }

  @Test(arguments: BreakerPolicy.allCases)
  func answersThatStorageRefusesAreReportedAlthoughTheCallsWentWell(
    policy: BreakerPolicy
  ) async throws {
    var options = FleetOptions(modelCount: 3)
    options.scripts[0] = try FaultScript("call * undecodable")
    try await SimulatedGame.play(options) { options in
      options.breakerPolicy = policy
      options.breaker = BreakerSettings(failuresMax: 2, timeoutsMax: 2)
      options.checksReplies = false
    } _: { game in
      let garbage = game.fleet.models[0].modelID
      for _ in 1...3 {
        let round = try await game.cluster.call("predict", predictArguments, timeout: .seconds(5))
        #expect(round.count(.success) == 3, "not looked at here")
        game.cluster.answersWereJudged(refused: [garbage], unjudged: [])
        game.cluster.answersWereJudged(refused: [], unjudged: [garbage])
      }
      try await game.waitForReports(1)
      #expect(game.orchestrator.reports.map(\.modelID) == [garbage])
    }
  }

  @Test func aStoppedClusterCallsNobody() async throws {
    let fleet = try await SimulatedFleet.start(FleetOptions(modelCount: 2))
    let orchestrator = try await SimulatedOrchestrator.start(
      crunchID: "game", models: fleet.models, logger: quietLogger)
    var options = ClusterOptions(crunchID: "game", baseClass: "game.Base", logger: quietLogger)
    options.orchestratorHost = "127.0.0.1"
    options.orchestratorPort = orchestrator.port
    let cluster = try await ModelCluster.start(options)
    await cluster.waitForModels(atMost: .seconds(20))
    let open = (1...8).map { _ in
      Task { try await cluster.call("predict", predictArguments, timeout: .seconds(30)) }
    }
    #expect(await cluster.stop() == 0)
    for call in open { #expect(try await call.value.results.count <= 2) }
    let late = try await cluster.call("predict", predictArguments, timeout: .seconds(5))
    #expect(late.results.isEmpty)
    #expect(await orchestrator.stop() == 0)
    #expect(await fleet.stop() == 0)
  }
}
