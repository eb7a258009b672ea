import Competition
import GatewayTestSupport
import ModelRunner
import Resilience
import Testing

/// `make chaos` in small: every fault at once, round after round.
@Suite(.timeLimit(.minutes(3)))
struct SmallChaosTests {
  @Test(arguments: BreakerPolicy.allCases)
  func everyRoundHasOneTrueResultPerModelWhateverTheOthersDo(
    policy: BreakerPolicy
  ) async throws {
    var options = FleetOptions(modelCount: 60)
    let faults: [ModelBehavior] = [
      .hanging, .resetting, .garbage, .oversized, .refusing, .flapping,
    ]
    for fault in faults { options.fractions[fault] = 0.05 }
    try await SimulatedGame.play(options) { options in
      options.breakerPolicy = policy
      options.reportsFailures = false
    } _: { game in
      let asked = await game.cluster.models().map(\.description.modelID)
      #expect(asked.count == 57, "all but those that refuse connections")
      for number in 1...15 {
        let round = try await game.cluster.call(
          "predict", predictArguments, timeout: .seconds(3))
        #expect(round.results.map(\.model.modelID) == asked, "round \(number)")
        let healthy = game.results(round, of: .healthy)
        #expect(healthy.count == 42)
        #expect(healthy.allSatisfy { $0.status == .success }, "round \(number)")
        #expect(game.results(round, of: .hanging).allSatisfy { $0.status == .timeout })
        for fault in [ModelBehavior.resetting, .garbage, .oversized] {
          #expect(game.results(round, of: fault).allSatisfy { $0.status != .success })
        }
        #expect(round.results.allSatisfy { ($0.detail == nil) == ($0.status == .success) })
      }
    }
  }
}
