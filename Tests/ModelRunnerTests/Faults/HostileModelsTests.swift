import Competition
import GatewayTestSupport
import ModelRunner
import Orchestration
import Testing

/// Peers that attack the connection itself, beside healthy models of the same cluster.
@Suite(.timeLimit(.minutes(2)))
struct HostileModelsTests {
  private static let healthyCount = 8

  /// Plays with the hostile models and healthy ones; all of them are set up when `body` begins.
  private func play(
    _ hostile: [HostileModel], beside strangers: [BlockingPeer] = [],
    _ body: (ModelCluster, [BlockingPeer]) async throws -> Void
  ) async throws {
    let peers = try hostile.map { try $0.start() }
    defer { for peer in peers + strangers { peer.stop() } }
    let fleet = try await SimulatedFleet.start(FleetOptions(modelCount: Self.healthyCount))
    let models = zip(hostile, peers).map { $0.description(at: $1.port) }
    let others = strangers.enumerated().map { number, peer in
      HostileModel("stranger-\(number)", detail: "") { _, _ in false }.description(at: peer.port)
    }
    try await follow(others + models + fleet.models) { options in
      options.reportsFailures = false
    } _: { cluster, _ in
      let limit = MonotonicInstant.now().advanced(by: .seconds(30))
      while await cluster.models().count < Self.healthyCount + hostile.count {
        try #require(MonotonicInstant.now() < limit, "not all were set up")
        await Task.yield()
      }
      try await body(cluster, peers)
    }
    #expect(await fleet.stop() == 0)
  }

  /// Checks a round: one result for each model, a success from all healthy ones and from no other.
  private func check(_ round: CallRound, _ hostile: [HostileModel], within time: Duration) {
    #expect(round.results.count == Self.healthyCount + hostile.count)
    let names = Set(hostile.map(\.name))
    for result in round.results {
      let isHostile = names.contains(result.model.modelID.rawValue)
      #expect((result.status == .success) != isHostile, "\(result.model.modelID): \(result)")
    }
    // The deadline, not the peers', and time for a machine that is busy with other things.
    #expect(round.wallTime < time + .seconds(10))
  }

  private func playRounds(_ hostile: [HostileModel]) async throws {
    try await play(hostile) { cluster, peers in
      var details: [String: [String]] = [:]
      for _ in 1...3 {
        let time = Duration.seconds(2)
        let round = try await cluster.call("predict", predictArguments, timeout: time)
        check(round, hostile, within: time)
        for result in round.results {
          details[result.model.modelID.rawValue, default: []].append(result.detail ?? "")
        }
      }
      for model in hostile {
        let said = details[model.name] ?? []
        #expect(said.contains { $0.contains(model.detail) }, "\(model.name): \(said)")
      }
    }
  }

  @Test func floodsEndTheirOwnConnectionAndNobodyElseNoticesThem() async throws {
    try await playRounds(HostileModel.floods)
  }

  @Test func brokenAndSlowAnswersStayWithTheirModel() async throws {
    try await playRounds(HostileModel.others)
  }

  @Test func aHistoryThatIsNotTakenHoldsUpNobodyElse() async throws {
    // The window of 65,535 bytes that each connection begins with is never opened; or it is, and
    // nothing is read.
    let stalled = HostileModel("window stays shut", detail: "DEADLINE_EXCEEDED") { _, _ in true }
    let unread = HostileModel("nothing is read", detail: "DEADLINE_EXCEEDED") { connection, _ in
      let window: [UInt8] = [0x7F, 0xFF, 0, 0]
      connection.send(WireFrame.bytes(4, [0, 4] + window) + WireFrame.bytes(8, window))
      connection.holdStill()
      return false
    }
    let history = CallArgument(.json(String(repeating: " ", count: 4_660_000) + "{}"))
    try await play([stalled, unread]) { cluster, _ in
      // The one that never reads is told of a first call, then of the history.
      let first = try await cluster.call("tick", timeout: .milliseconds(300))
      #expect(first.count(.success) >= Self.healthyCount)
      let time = Duration.seconds(3)
      let round = try await cluster.call("tick", [history], timeout: time)
      check(round, [stalled, unread], within: time)
      for result in round.results where result.status != .success {
        #expect(result.status == .timeout)
        #expect(result.detail?.hasPrefix("DEADLINE_EXCEEDED") == true, "\(result)")
      }
    }
  }

  @Test func strangersOnAModelsPortNeverTakePartAndHoldUpNobody() async throws {
    let greetings = [
      "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", "HTTP/1.1 400 Bad Request\r\n\r\n",
      "\u{15}\u{3}\u{3}\u{0}\u{2}\u{2}F", "",
    ]
    let strangers = try greetings.map { greeting in
      try BlockingPeer(connectionsMax: 1_000) { connection in
        connection.send(Array(greeting.utf8))
        connection.holdStill()
      }
    }
    try await play([], beside: strangers) { cluster, _ in
      let round = try await cluster.call("predict", predictArguments, timeout: .seconds(5))
      check(round, [], within: .seconds(5))
    }
  }
}
