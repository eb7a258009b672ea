import Competition
import GatewayTestSupport
import ModelRunner
import Resilience
import Testing

@Suite(.timeLimit(.minutes(2)))
struct ClusterStatisticsTests {
  @Test func resultsTellTheBreakerAfterTheCallAndStatisticsTheWholeField() async throws {
    var fleet = FleetOptions(modelCount: 20)
    fleet.fractions = [.failing: 0.1]
    try await SimulatedGame.play(fleet, options: { $0.breaker.openAfter = 2 }) { game in
      let first = try await game.cluster.call("predict", predictArguments, timeout: .seconds(10))
      #expect(first.panic == nil)
      #expect(first.results.allSatisfy { $0.breaker == .closed })
      let second = try await game.cluster.call("predict", predictArguments, timeout: .seconds(10))
      #expect(game.results(second, of: .failing).map(\.breaker) == [.open, .open])
      #expect(game.results(second, of: .healthy).allSatisfy { $0.breaker == .closed })
      let statistics = await game.cluster.statistics()
      #expect(statistics.knownCount == 20 && statistics.connectedCount == 20)
      #expect(statistics.breakerCounts == [.closed: 18, .open: 2])
      #expect(statistics.isOrchestratorConnected)
      #expect(statistics.orchestratorReconnectCount == 0)
      #expect(statistics.reportCounts.values.allSatisfy { $0 == 0 })
      #expect(Set(statistics.reportCounts.keys) == Set(FailureCode.allCases))
    }
  }

  @Test func reportsAreCountedByCode() async throws {
    var fleet = FleetOptions(modelCount: 10)
    fleet.fractions = [.failing: 0.2]
    try await SimulatedGame.play(
      fleet, options: { $0.breaker = BreakerSettings(failuresMax: 1, timeoutsMax: 1) }
    ) { game in
      for _ in 0..<2 {
        _ = try await game.cluster.call("predict", predictArguments, timeout: .seconds(10))
      }
      let statistics = await game.cluster.statistics()
      #expect(statistics.reportCounts[.multipleFailed] == 2)
      #expect(statistics.knownCount == 8)
    }
  }

  @Test func aPanicIsToldWithTheRoundOnAllLoops() async throws {
    var fleet = FleetOptions(modelCount: 24)
    fleet.fractions = [.resetting: 1]
    try await SimulatedGame.play(fleet, options: { $0.loopCount = 2 }) { game in
      let round = try await game.cluster.call("predict", predictArguments, timeout: .seconds(10))
      #expect(round.results.count == 24)
      #expect(round.panic?.contains("transport at") == true)
      #expect(await game.cluster.statistics().panicCount > 0)
    }
  }
}
