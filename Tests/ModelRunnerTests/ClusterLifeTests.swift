import Competition
import GatewayTestSupport
import Logging
import ModelRunner
import Testing

@Suite(.timeLimit(.minutes(2)))
struct ClusterLifeTests {
  /// Lives for as long as somebody holds the logger that it belongs to.
  private final class Token: Sendable {}

  private struct TokenHandler: LogHandler {
    let token: Token
    var metadata = Logger.Metadata()
    var logLevel = Logger.Level.critical

    init(token: Token) { self.token = token }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {}
  }

  @Test func aStoppedClusterIsGivenBack() async throws {
    weak var seen: Token?
    do {
      let token = Token()
      seen = token
      let handler = TokenHandler(token: token)
      let fleet = try await SimulatedFleet.start(FleetOptions(modelCount: 3))
      try await follow(fleet.models) {
        $0.logger = Logger(label: "token") { _ in handler }
        $0.loopCount = 2
      } _: { cluster, _ in
        #expect(await cluster.waitForModels(atMost: .seconds(10)))
        let round = try await cluster.call("tick", timeout: .seconds(5))
        #expect(round.count(.success) == 3)
      }
      #expect(await fleet.stop() == 0)
    }
    // The loops' threads let go a moment after they have told that they ended.
    let deadline = MonotonicInstant.now().advanced(by: .seconds(60))
    while seen != nil {
      try #require(MonotonicInstant.now() < deadline, "the cluster still holds its options")
      await Task.yield()
    }
  }
}
