import Competition
import GatewayTestSupport
import Logging
import ModelRunner
import Resilience
import Testing

@Suite(.timeLimit(.minutes(2)))
struct OrchestratorFaultTests {
  /// Runs `body` with a scripted feed and a fleet of `modelCount`.
  private func play(
    modelCount: Int = 2,
    _ script: @escaping @Sendable ([ModelDescription], Int) -> [ScriptedFeed.Output],
    options change: (inout ClusterOptions) -> Void = { _ in },
    _ body: (ModelCluster, ScriptedFeed) async throws -> Void
  ) async throws {
    let fleet = try await SimulatedFleet.start(FleetOptions(modelCount: modelCount))
    let models = fleet.models
    let feed = try await ScriptedFeed.start { script(models, $0) }
    let outcome: Result<Void, any Error>
    do {
      outcome = .success(
        try await withCluster(port: feed.port, options: change) { try await body($0, feed) })
    } catch {
      outcome = .failure(error)
    }
    #expect(await feed.stop() == 0)
    #expect(await fleet.stop() == 0)
    try outcome.get()
  }

  private func list(_ event: String, _ models: some Sequence<ModelDescription>) -> String {
    "{\"event\":\"\(event)\",\"data\":[\(models.map(feedEntry).joined(separator: ","))]}"
  }

  @Test func anOrchestratorThatSendsItsListAndClosesForEverIsAskedEverMoreRarely() async throws {
    try await play { models, _ in
      [.text(list("init", models)), .close]
    } _: { cluster, _ in
      #expect(await cluster.waitForModels(atMost: .seconds(10)))
      let connections = await cluster.models().map(\.connection)
      for number in 0..<5 {
        let delay = try #require(await cluster.nextLoss()).retryAfter
        let longest = Duration.milliseconds(100 << number)
        #expect(delay <= longest && delay >= longest * 0.79, "attempt \(number)")
        let round = try await cluster.call("tick", timeout: .seconds(5))
        #expect(round.count(.success) == 2, "models stay usable")
      }
      #expect(await cluster.models().map(\.connection) == connections, "nobody was reconnected")
    }
  }

  @Test func theTokenIsShownOnEveryConnection() async throws {
    try await play { models, number in
      number == 0 ? [.text(list("init", models)), .close] : [.text(list("init", models))]
    } options: {
      $0.orchestratorAuthorization = "Bearer 0123456789abcdef"
    } _: { cluster, feed in
      _ = try #require(await cluster.nextLoss())
      #expect(await cluster.waitForModels(atMost: .seconds(10)))
      while await feed.paths().count < 2 { await Task.yield() }
      #expect(
        await feed.authorizations() == [String?](repeating: "Bearer 0123456789abcdef", count: 2))
    }
  }

  @Test func nonsenseIsNamedAndTheRestApplies() async throws {
    try await play { models, number in
      guard number == 0 else { return [.text(list("init", models))] }
      return [
        .text("{"), .text("{\"event\":\"dance\"}"), .raw([0x82, 0x02, 0x01, 0x02]),
        .text("{\"event\":\"init\",\"data\":[7,\(feedEntry(models[0]))]}"),
        .text("{\"event\":\"update\",\"data\":{}}"), .text(list("update", models.dropFirst())),
      ]
    } _: { cluster, feed in
      var skipped: [String] = []
      while skipped.count < 5 {
        skipped.append(
          try #require(
            await cluster.first { event -> String? in
              if case .entrySkipped(let text) = event { text } else { nil }
            }))
      }
      #expect(skipped[1].contains("unknown event \"dance\""))
      #expect(skipped[2] == "a binary message of 2 bytes")
      #expect(skipped[3] == "entry 0: model_id is missing")
      #expect(skipped[4].contains("event update without a list"))
      #expect(await cluster.waitForModels(atMost: .seconds(10)))
      try await cluster.waitForCount(2)
      #expect(await feed.paths() == ["/game"], "the link was never given up")
    }
  }

  @Test func aTextThatIsNoUTF8EndsTheLinkAndTheNextOneIsFollowed() async throws {
    try await play { models, number in
      number == 0 ? [.raw([0x81, 0x01, 0xFF])] : [.text(list("init", models))]
    } _: { cluster, _ in
      #expect(await cluster.nextLoss() != nil)
      #expect(await cluster.waitForModels(atMost: .seconds(10)))
      try await cluster.waitForCount(2)
    }
  }

  @Test func anyCrunchIDReachesTheOrchestratorAsItIs() async throws {
    try await play { models, _ in
      [.text(list("init", models))]
    } options: {
      $0.crunchID = "my game é 100%"
    } _: { cluster, feed in
      #expect(await cluster.waitForModels(atMost: .seconds(10)))
      #expect(await feed.paths() == ["/my game é 100%"])
    }
  }

  @Test func reportsMadeWhileTheOrchestratorIsAwayAreSentOnItsReturn() async throws {
    var fleetOptions = FleetOptions(modelCount: 2)
    fleetOptions.fractions = [.failing: 1]
    let fleet = try await SimulatedFleet.start(fleetOptions)
    let first = try await SimulatedOrchestrator.start(
      crunchID: "game", models: fleet.models, logger: quietLogger)
    let port = first.port
    try await withCluster(port: port) {
      $0.breakerPolicy = .compatible
      $0.breaker = BreakerSettings(failuresMax: 1, timeoutsMax: 1)
    } _: { cluster in
      #expect(await cluster.waitForModels(atMost: .seconds(10)))
      #expect(await first.stop() == 0)
      #expect(await cluster.nextLoss() != nil)
      for _ in 1...2 {
        let round = try await cluster.call("predict", predictArguments, timeout: .seconds(5))
        #expect(round.count(.failed) == 2)
      }
      #expect(await cluster.models().isEmpty, "both are closed already")
      let second = try await SimulatedOrchestrator.start(
        crunchID: "game", models: fleet.models, port: port, logger: quietLogger)
      let arrival = await Task { try await second.waitForReports(2) }.result
      #expect(throws: Never.self) { try arrival.get() }
      #expect(Set(second.reports.map(\.modelID)) == Set(fleet.models.map(\.modelID)))
      #expect(second.reports.allSatisfy { $0.code == .multipleFailed })
      #expect(await second.stop() == 0)
    }
    #expect(await fleet.stop() == 0)
  }
}

extension ModelCluster {
  /// The next loss of the orchestrator.
  fileprivate func nextLoss() async -> (reason: String, retryAfter: Duration)? {
    await first { event -> (reason: String, retryAfter: Duration)? in
      if case .orchestratorLost(let reason, let delay) = event { (reason, delay) } else { nil }
    }
  }

  /// Waits until exactly `count` models take part.
  fileprivate func waitForCount(_ count: Int) async throws {
    let deadline = MonotonicInstant.now().advanced(by: .seconds(60))
    while await models().count != count {
      try #require(MonotonicInstant.now() < deadline, "waited in vain for \(count) models")
      await Task.yield()
    }
  }
}
