import Competition
import GatewayTestSupport
import ModelRunner
import Orchestration
import Resilience
import Testing

@Suite(.timeLimit(.minutes(2)))
struct ConcurrentCallTests {
  @Test func everyModelGivesOneResultWithItsAnswer() async throws {
    try await SimulatedGame.play(FleetOptions(modelCount: 50)) { game in
      let round = try await game.cluster.call("predict", predictArguments, timeout: .seconds(10))
      #expect(round.results.map(\.model.modelID) == game.fleet.models.map(\.modelID).sorted())
      #expect(round.count(.success) == 50 && round.sentCount == 50)
      for result in round.results {
        let value = try #require(result.value)
        #expect(value.type == .json)
        #expect(value.bytes.lossyText.hasPrefix("[{\"step\": 0"))
        #expect(value.bytes.lossyText.split(separator: "type").count == 61)
        #expect(result.execTimeMicros > 0 && result.detail == nil)
      }
    }
  }

  @Test func anAnswerOfNothingIsASuccessWithoutAValue() async throws {
    try await SimulatedGame.play(FleetOptions(modelCount: 1)) { game in
      let round = try await game.cluster.call(
        "tick", [CallArgument(.json("{}"))], timeout: .seconds(5))
      #expect(round.count(.success) == 1)
      #expect(round.results.first?.value == nil)
    }
  }

  @Test func aSelectionAsksOnlyItsModelsAndAnEmptyOneNobody() async throws {
    try await SimulatedGame.play(FleetOptions(modelCount: 10)) { game in
      let chosen: Set<ModelID> = [ModelID("sim-3"), ModelID("sim-7"), ModelID("nobody")]
      let some = try await game.cluster.call("tick", on: .only(chosen), timeout: .seconds(5))
      #expect(some.results.map(\.model.modelID.rawValue) == ["sim-3", "sim-7"])
      let none = try await game.cluster.call("tick", on: .only([]), timeout: .seconds(5))
      #expect(none.results.isEmpty && none.wallTime < .seconds(4))
      #expect(await game.fleet.callCounts().reduce(0, +) == 2)
    }
  }

  @Test func callsCanBeMadePerModel() async throws {
    try await SimulatedGame.play(FleetOptions(modelCount: 4)) { game in
      let short = try EncodedCall(
        "predict", [CallArgument(.string("A")), CallArgument(.int(20)), CallArgument(.int(10))])
      let long = try EncodedCall(
        "predict", [CallArgument(.string("B")), CallArgument(.int(50)), CallArgument(.int(10))])
      let round = await game.cluster.call(
        .perModel { model in
          switch model.modelID.rawValue {
          case "sim-1": short
          case "sim-2": long
          default: nil
          }
        }, timeout: .seconds(5))
      let counts = round.results.map { result in
        (result.value?.bytes.lossyText.split(separator: "{\"step\"").count ?? 0) - 1
      }
      #expect(round.results.map(\.model.modelID.rawValue) == ["sim-1", "sim-2"])
      #expect(counts == [2, 5])
    }
  }

  @Test func hangingModelsTimeOutAtTheDeadlineAndOthersKeepTheirOwnTime() async throws {
    var options = FleetOptions(modelCount: 40)
    options.fractions = [.hanging: 0.25]
    try await SimulatedGame.play(options) { game in
      let round = try await game.cluster.call(
        "predict", predictArguments, timeout: .seconds(2))
      let hanging = game.results(round, of: .hanging)
      #expect(hanging.count == 10 && hanging.allSatisfy { $0.status == .timeout && $0.wasSent })
      #expect(hanging.allSatisfy { $0.detail?.hasPrefix("DEADLINE_EXCEEDED") == true })
      #expect(hanging.allSatisfy { $0.execTimeMicros > 1_900_000 })
      let healthy = game.results(round, of: .healthy)
      #expect(healthy.count == 30 && healthy.allSatisfy { $0.status == .success })
      // Their own time, and not the round's: even on a starved machine no answer took the whole
      // round.
      #expect(healthy.allSatisfy { $0.execTimeMicros < 1_900_000 })
      #expect(round.wallTime >= .seconds(2))
    }
  }

  @Test func everyMisbehaviourStaysWithItsOwnModel() async throws {
    var options = FleetOptions(modelCount: 80)
    for behavior in ModelBehavior.allCases
    where behavior != .healthy && behavior != .setupHanging {
      options.fractions[behavior] = 0.1
    }
    try await SimulatedGame.play(options) { game in
      let round = try await game.cluster.call("predict", predictArguments, timeout: .seconds(2))
      func all(_ behavior: ModelBehavior, _ status: CallStatus, _ text: String) {
        let results = game.results(round, of: behavior)
        #expect(results.count == 8, "\(behavior)")
        for result in results {
          #expect(result.status == status, "\(behavior): \(result.detail ?? "")")
          #expect(
            result.detail?.contains(text) ?? text.isEmpty, "\(behavior): \(result.detail ?? "")")
        }
      }
      all(.failing, .failed, "MODEL_FAILED: the simulated model raised")
      all(.hanging, .timeout, "DEADLINE_EXCEEDED")
      all(.resetting, .timeout, "UNAVAILABLE")
      all(.garbage, .timeout, "UNAVAILABLE")
      all(.oversized, .failed, "reply_bytes_max")
      all(.nan, .success, "")
      all(.flapping, .success, "")
      #expect(game.results(round, of: .refusing).isEmpty, "never set up, so never asked")
      #expect(game.results(round, of: .healthy).allSatisfy { $0.status == .success })
    }
  }

  @Test func aCancelledCallReturnsAtOnceWithWhatItHas() async throws {
    var options = FleetOptions(modelCount: 10)
    options.fractions = [.hanging: 0.5]
    try await SimulatedGame.play(options) { game in
      let call = Task {
        try await game.cluster.call("predict", predictArguments, timeout: .seconds(60))
      }
      try await game.waitUntilCalled(10)
      call.cancel()
      let round = try await call.value
      #expect(round.wallTime < .seconds(30))
      #expect(round.results.count == 10)
      #expect(game.results(round, of: .hanging).allSatisfy { $0.status == .timeout })
    }
  }

  @Test func severalLoopsShareTheModels() async throws {
    try await SimulatedGame.play(FleetOptions(modelCount: 30)) { options in
      options.loopCount = 3
    } _: { game in
      let round = try await game.cluster.call("predict", predictArguments, timeout: .seconds(10))
      #expect(round.count(.success) == 30)
      #expect(round.results.map(\.model.modelID) == game.fleet.models.map(\.modelID).sorted())
    }
  }

  @Test func aLargeRequestReachesEveryModelWhole() async throws {
    try await SimulatedGame.play(FleetOptions(modelCount: 20)) { game in
      let history = "[" + String(repeating: "1.25, ", count: 400_000) + "0]"
      let call = try EncodedCall("tick", [CallArgument(.json(history))])
      let round = await game.cluster.call(.shared(call), timeout: .seconds(30))
      #expect(round.count(.success) == 20)
      #expect(await game.fleet.requestBytes() == 20 * call.byteCount)
    }
  }
}

extension SimulatedGame {
  /// Waits until the fleet has been asked `count` times.
  func waitUntilCalled(_ count: Int) async throws {
    let deadline = MonotonicInstant.now().advanced(by: .seconds(60))
    while await fleet.callCounts().reduce(0, +) < count {
      try #require(MonotonicInstant.now() < deadline, "the models were not called")
      await Task.yield()
    }
  }
}
