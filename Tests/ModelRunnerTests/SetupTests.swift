import Competition
import EventLoop
import GatewayTestSupport
import ModelRunner
import Orchestration
import Resilience
import Synchronization
import Testing

@testable import GRPC

@Suite(.timeLimit(.minutes(2)))
struct SetupTests {
  @Test func aSetupSendsTheClassAndItsArgumentsOnceBeforeAnyCall() async throws {
    let seen = Mutex<[[UInt8]]>([])
    let script: ScriptedAnswer = { connection, request, _ in
      seen.withLock { $0.append(request.messageStart) }
      connection.answer(request.id, "SUCCESS")
    }
    try await ScriptedModels.play([script]) { options in
      options.instanceArguments = [CallArgument(.string("x"), keyword: "k")]
    } _: { cluster, _, models in
      #expect(await cluster.waitForModels(atMost: .seconds(10)))
      #expect(await cluster.models().map(\.description) == models.models)
      for _ in 1...3 { _ = try await cluster.call("tick", timeout: .seconds(5)) }
      #expect(await models.counts(of: 0) == ["Setup": 1, "Call": 3])
      let expected =
        [0x0A, 9] + Array("game.Base".utf8)
        + [0x1A, 10, 0x0A, 1, 0x6B, 0x12, 5, 0x10, 3, 0x1A, 1, 0x78]
      #expect(seen.withLock { $0.first } == expected)
    }
  }

  @Test(arguments: [
    ("BAD_IMPLEMENTATION", FailureCode.badImplementation, "Setup: no subclass"),
    ("MODEL_FAILED", .multipleFailed, "Setup: MODEL_FAILED: no subclass"),
    ("SETUP_FAILED", .multipleFailed, "Setup: SETUP_FAILED: no subclass"),
  ])
  func aSetupThatFailsReportsTheModelAtOnce(
    code: String, failure: FailureCode, reason: String
  ) async throws {
    let bad: ScriptedAnswer = { connection, request, _ in
      connection.answer(request.id, code, "no subclass")
    }
    try await ScriptedModels.play([bad, goodModel]) { cluster, orchestrator, models in
      let report = try #require(await cluster.nextReport())
      #expect(report.modelID == models.models[0].modelID)
      #expect(report.code == failure && report.reason == reason && report.host == "127.0.0.1")
      #expect(await cluster.waitForModels(atMost: .seconds(10)))
      #expect(await cluster.models().map(\.description.modelID.rawValue) == ["scripted-2"])
      try await orchestrator.waitForReports(1)
      #expect(orchestrator.reports.first?.code == failure)
      #expect(await models.counts(of: 0) == ["Setup": 1], "it is not asked again")
    }
  }

  @Test func anAnswerThatIsNoMessageReportsTheModel() async throws {
    let garbage: ScriptedAnswer = { connection, request, _ in
      connection.respond(request.id, with: GRPCFrame.encode([0x0A, 0x7F]))
    }
    try await ScriptedModels.play([garbage]) { cluster, _, _ in
      let report = try #require(await cluster.nextReport())
      #expect(report.code == .multipleFailed)
      #expect(report.reason.contains("malformed protobuf"))
    }
  }

  @Test func aMistakeOfTheCoordinatorClosesTheModelWithoutAReport() async throws {
    let script: ScriptedAnswer = { connection, request, _ in
      connection.answer(request.id, "INVALID_ARGUMENT", "no class game.Base")
    }
    try await ScriptedModels.play([script]) { cluster, orchestrator, models in
      let reason = await cluster.first { event -> String? in
        switch event {
        case .modelClosed(_, let reason): reason
        case .modelReported: "reported"
        default: nil
        }
      }
      #expect(reason?.contains("check base_class and instance_args") == true)
      #expect(reason?.contains("no class game.Base") == true)
      #expect(orchestrator.reports.isEmpty)
      #expect(await models.counts(of: 0) == ["Setup": 1])
    }
  }

  @Test func withReportsTurnedOffTheModelIsNotReported() async throws {
    let bad: ScriptedAnswer = { connection, request, _ in
      connection.answer(request.id, "BAD_IMPLEMENTATION", "no subclass")
    }
    try await ScriptedModels.play([bad]) {
      $0.reportsFailures = false
    } _: { cluster, orchestrator, _ in
      let withheld = await cluster.first { event -> ModelRunner.FailureReport? in
        if case .reportWithheld(let report) = event { report } else { nil }
      }
      #expect(withheld?.code == .badImplementation)
      #expect(orchestrator.reports.isEmpty)
    }
  }

  @Test func aBusyModelIsWaitedForAndThenSetUp() async throws {
    let script: ScriptedAnswer = { connection, request, earlier in
      if earlier == 0 {
        connection.fail(request.id, GRPCStatus(.resourceExhausted, "Server busy"))
      } else {
        connection.answer(request.id, "SUCCESS")
      }
    }
    try await ScriptedModels.play([script]) { cluster, orchestrator, _ in
      let (reason, delay) = try #require(
        await cluster.first { event -> (String, Duration)? in
          if case .modelNotReady(_, let reason, let delay) = event { (reason, delay) } else { nil }
        })
      #expect(reason == "Setup: Server busy")
      #expect(delay >= .milliseconds(1_600) && delay <= .seconds(2))
      let ready: Void? = await cluster.first { event -> Void? in
        if case .modelReady = event { () } else { nil }
      }
      #expect(ready != nil && orchestrator.reports.isEmpty)
    }
  }

  @Test func aServerWithoutTheServiceIsTriedAgainWithItsReason() async throws {
    let script: ScriptedAnswer = { connection, request, _ in
      connection.fail(request.id, GRPCStatus(.unimplemented, "unknown service"))
    }
    try await ScriptedModels.play([script]) { cluster, _, _ in
      let reason = await cluster.first { event -> String? in
        if case .modelNotReady(_, let reason, _) = event { reason } else { nil }
      }
      #expect(reason == "Setup: UNIMPLEMENTED: unknown service")
    }
  }

  @Test func aSilentSetupHoldsNobodyElseUp() async throws {
    let silent: ScriptedAnswer = { _, _, _ in }
    let scripts = Array(repeating: silent, count: 20) + Array(repeating: goodModel, count: 20)
    try await ScriptedModels.play(scripts) {
      $0.limits.connectsInProgressMax = 4
    } _: { cluster, _, _ in
      let deadline = MonotonicInstant.now().advanced(by: .seconds(60))
      while await cluster.models().count < 20 {
        try #require(MonotonicInstant.now() < deadline, "the good models were held up")
        await Task.yield()
      }
      let round = try await cluster.call("tick", timeout: .seconds(5))
      #expect(round.count(.success) == 20 && round.results.count == 20)
      #expect(await cluster.waitForModels(atMost: .milliseconds(50)), "the wait has its limit")
    }
  }

  @Test func theListIsFollowedWhileASetupHangs() async throws {
    let silent: ScriptedAnswer = { _, _, _ in }
    try await ScriptedModels.play([silent, goodModel, goodModel]) { cluster, orchestrator, models in
      func waitForModels(_ expected: [ModelDescription]) async throws {
        let deadline = MonotonicInstant.now().advanced(by: .seconds(30))
        while await cluster.models().map(\.description.modelID) != expected.map(\.modelID) {
          try #require(MonotonicInstant.now() < deadline, "the list's change was held up")
          await Task.yield()
        }
      }
      try await waitForModels([models.models[1], models.models[2]])
      await orchestrator.update([FeedEntry(models.models[1], state: .stopped)])
      try await waitForModels([models.models[2]])
      await orchestrator.update([FeedEntry(models.models[1])])
      try await waitForModels([models.models[1], models.models[2]])
      #expect(await models.counts(of: 0)["Setup"] == 1, "its Setup is still under way")
      await orchestrator.update([FeedEntry(models.models[0], state: .stopped)])
      let closed = await cluster.first { event -> ModelID? in
        if case .modelClosed(let model, _) = event, model.modelID == models.models[0].modelID {
          return model.modelID
        }
        return nil
      }
      #expect(closed != nil && orchestrator.reports.isEmpty, "dropped without a report")
    }
  }

  @Test func aModelThatTakesNoMoreStreamsIsCountedAndReported() async throws {
    let peer = try await UnwillingModel.start()
    try await follow([peer.model]) {
      $0.breaker = BreakerSettings(failuresMax: 1, timeoutsMax: 1)
    } _: { cluster, orchestrator in
      #expect(await cluster.waitForModels(atMost: .seconds(10)))
      for _ in 1...2 {
        let round = try await cluster.call("predict", predictArguments, timeout: .milliseconds(100))
        #expect(round.count(.timeout) == 1 && round.sentCount == 0)
        #expect(round.results.first?.detail?.hasPrefix("DEADLINE_EXCEEDED") == true)
      }
      #expect(await cluster.models().isEmpty, "two timeouts are one more than allowed")
      try await orchestrator.waitForReports(1)
      #expect(orchestrator.reports.first?.code == .multipleTimeout)
    }
    #expect(await peer.stop() == 0)
  }
}

extension SimulatedOrchestrator {
  /// Waits until `count` reports have come.
  func waitForReports(_ count: Int) async throws {
    let deadline = MonotonicInstant.now().advanced(by: .seconds(60))
    while reports.count < count {
      try #require(MonotonicInstant.now() < deadline, "no report arrived")
      await Task.yield()
    }
  }
}
