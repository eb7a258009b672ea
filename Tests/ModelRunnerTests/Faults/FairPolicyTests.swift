import Competition
import GatewayTestSupport
import ModelRunner
import Resilience
import Testing

/// The promises of policy `fair` with the tight limit 3, on real sockets.
@Suite(.timeLimit(.minutes(2)))
struct FairPolicyTests {
  /// Limit 3, and circuits that open for a moment only, so that a test sees many real calls.
  private func tight(_ options: inout ClusterOptions) {
    options.breakerPolicy = .fair
    options.breaker = BreakerSettings(failuresMax: 3, timeoutsMax: 3)
    options.breaker.openFor = Backoff(min: .milliseconds(20), max: .milliseconds(40))
  }

  @Test func oneSlowCallNeverGetsAHealthyModelReported() async throws {
    var options = FleetOptions(modelCount: 1)
    options.scripts[0] = try FaultScript("call 1 slow 2s")
    try await SimulatedGame.play(options, options: tight) { game in
      var statuses: [CallStatus] = []
      let limit = MonotonicInstant.now().advanced(by: .seconds(30))
      while !statuses.suffix(3).elementsEqual([.success, .success, .success]) {
        try #require(MonotonicInstant.now() < limit, "\(statuses)")
        // The first call is given up; the next ones find the model busy, and say so at once.
        let round = try await game.cluster.call(
          "predict", predictArguments, timeout: statuses.isEmpty ? .milliseconds(200) : .seconds(5))
        statuses.append(try #require(round.results.first, "the model is gone").status)
      }
      #expect(statuses.filter { $0 == .timeout }.count > 4, "more than the limit: \(statuses)")
      #expect(game.orchestrator.reports.isEmpty)
    }
  }

  @Test func aModelThatFailsEveryPredictButAnswersEveryTickIsReported() async throws {
    var options = FleetOptions(modelCount: 2)
    // A tick and a predict in turn: the odd calls are ticks.
    options.scripts[0] = try FaultScript(
      (1...40).map { "call \(2 * $0) model-failed" }.joined(separator: "\n"))
    try await SimulatedGame.play(options) { options in
      tight(&options)
      options.breaker.openAfter = 100
    } _: { game in
      var predictCount = 0
      while await game.cluster.models().count == 2 {
        try #require(predictCount < 10, "never reported")
        let tick = try await game.cluster.call("tick", timeout: .seconds(5))
        #expect(tick.count(.success) == 2)
        _ = try await game.cluster.call("predict", predictArguments, timeout: .seconds(5))
        predictCount += 1
      }
      #expect(predictCount == 4, "the limit itself is allowed")
      try await game.waitForReports(1)
      #expect(game.orchestrator.reports.first?.code == .multipleFailed)
      #expect(game.orchestrator.reports.first?.modelID == game.fleet.models[0].modelID)
    }
  }

  @Test func aModelThatIsAlwaysUnhealthyIsReported() async throws {
    var options = FleetOptions(modelCount: 1)
    options.scripts[0] = try FaultScript("call * hang\nhealth * not-serving")
    try await SimulatedGame.play(options, options: tight) { game in
      let limit = MonotonicInstant.now().advanced(by: .seconds(60))
      while game.orchestrator.reports.isEmpty {
        try #require(MonotonicInstant.now() < limit, "never reported")
        _ = try await game.cluster.call("predict", predictArguments, timeout: .milliseconds(400))
      }
      #expect(game.orchestrator.reports.first?.code == .multipleTimeout)
      let calls = await game.fleet.callCounts()
      #expect(calls == [4], "real calls only")
    }
  }

  @Test func aLateAnswerIsNeverTakenForALaterRounds() async throws {
    var options = FleetOptions(modelCount: 1)
    options.scripts[0] = try FaultScript("call 1 slow 1s")
    try await SimulatedGame.play(options, options: tight) { game in
      let late = try await game.cluster.call(
        "predict", predictArguments, timeout: .milliseconds(300))
      #expect(late.results.map(\.status) == [.timeout])
      let limit = MonotonicInstant.now().advanced(by: .seconds(30))
      while true {
        try #require(MonotonicInstant.now() < limit)
        // Another question: an answer to the first one would have 60 steps, not 2.
        let round = try await game.cluster.call(
          "predict",
          [CallArgument(.string("BTC")), CallArgument(.int(20)), CallArgument(.int(10))],
          timeout: .seconds(5))
        let result = try #require(round.results.first)
        // Busy with the first question for a while.
        guard result.status == .success else { continue }
        let text = try #require(result.value).bytes.lossyText
        #expect(text.split(separator: "{\"step\"").count == 3)
        break
      }
    }
  }
}
