import Competition
import GatewayTestSupport
import ModelRunner
import Synchronization
import Testing

/// Remembers what a tap was handed.
private final class Tapped: Sendable {
  private let batches = Mutex<[[CallResult]]>([])

  func take(_ results: [CallResult]) { batches.withLock { $0.append(results) } }

  var results: [CallResult] { batches.withLock { $0.flatMap(\.self) } }
  var batchCount: Int { batches.withLock(\.count) }
}

@Suite(.timeLimit(.minutes(2)))
struct ResultTapTests {
  @Test(arguments: [1, 3])
  func everyResultComesByTheTapOnceBeforeTheRoundReturns(loopCount: Int) async throws {
    var fleet = FleetOptions(modelCount: 60)
    fleet.fractions = [.hanging: 0.1, .failing: 0.1, .resetting: 0.1]
    try await SimulatedGame.play(fleet, options: { $0.loopCount = loopCount }) { game in
      let tapped = Tapped()
      let round = try await game.cluster.call(
        "predict", predictArguments, timeout: .seconds(2), onResults: tapped.take)
      let results = tapped.results.sorted { $0.model.modelID < $1.model.modelID }
      #expect(results.map(\.model.modelID) == round.results.map(\.model.modelID))
      #expect(results.map(\.status) == round.results.map(\.status))
      #expect(results.map(\.detail) == round.results.map(\.detail))
      #expect(results.map(\.value?.bytes) == round.results.map(\.value?.bytes))
      #expect(tapped.batchCount < 60, "one batch a turn, not one an answer")
    }
  }

  @Test func answersComeByTheTapWhileOthersAreStillAwaited() async throws {
    var fleet = FleetOptions(modelCount: 10)
    fleet.fractions = [.hanging: 0.1]
    try await SimulatedGame.play(fleet) { game in
      let tapped = Tapped()
      let call = Task {
        try await game.cluster.call(
          "predict", predictArguments, timeout: .seconds(60), onResults: tapped.take)
      }
      let deadline = MonotonicInstant.now().advanced(by: .seconds(30))
      while tapped.results.count < 9, MonotonicInstant.now() < deadline { await Task.yield() }
      #expect(tapped.results.count == 9)
      call.cancel()
      let round = try await call.value
      #expect(round.count(.timeout) == 1)
      #expect(tapped.results.count == 10)
      #expect(tapped.results.last?.detail?.hasPrefix("CANCELLED") == true)
    }
  }

  @Test func aLateAnswerReachesNoTap() async throws {
    var fleet = FleetOptions(modelCount: 8)
    fleet.delay = .fixed(milliseconds: 600)
    try await SimulatedGame.play(fleet) { game in
      let (first, second) = (Tapped(), Tapped())
      let late = try await game.cluster.call(
        "predict", predictArguments, timeout: .milliseconds(200), onResults: first.take)
      #expect(late.count(.timeout) == 8)
      let next = try await game.cluster.call(
        "predict", predictArguments, timeout: .seconds(20), onResults: second.take)
      #expect(first.results.map(\.status) == Array(repeating: .timeout, count: 8))
      #expect(second.results.count == next.results.count)
      #expect(
        second.results.map(\.execTimeMicros).sorted() == next.results.map(\.execTimeMicros).sorted()
      )
    }
  }
}
