import Competition
import GatewayTestSupport
import ModelRunner
import Synchronization
import TLSEngine
import Testing

@Suite(.timeLimit(.minutes(2)))
struct GatewayClusterTests {
  private let certificates: ScratchCertificates

  init() throws { certificates = try ScratchCertificates() }

  /// Plays with models behind a certificate for their address, as a gateway has it.
  private func play(
    _ count: Int, _ credentials: any CallCredentials,
    _ body: (ModelCluster, SecureCrowd) async throws -> Void
  ) async throws {
    var files = try certificates.issue("gateway")
    try certificates.run(
      """
      echo "subjectAltName = IP:127.0.0.1" > gateway/extensions
      openssl x509 -req -in gateway/request -CA ca.crt -CAkey ca.key -days 90 \
        -out gateway/tls.crt -extfile gateway/extensions
      """)
    files.ca = nil
    let context = try TLSContext(.server, files)
    let crowd = try await SecureCrowd.start(count, certificates: certificates) { _ in
      SecureCrowd.Member(context: context, metadata: [])
    }
    let access = try GatewayAccess(
      caFile: certificates.folder + "/ca.crt", credentials: credentials)
    let outcome: Result<Void, any Error>
    do {
      try await follow(crowd.models) {
        $0.security = .gateway(access)
      } _: { cluster, _ in
        try await body(cluster, crowd)
      }
      outcome = .success(())
    } catch {
      outcome = .failure(error)
    }
    #expect(await crowd.stop() == 0)
    try outcome.get()
  }

  @Test func everyCallCarriesTheModelsOwnTokenAndNoCertificateIsNeeded() async throws {
    let tokens = ScriptedCredentials()
    try await play(3, tokens) { cluster, crowd in
      #expect(await cluster.waitForModels(atMost: .seconds(20)))
      let first = try await cluster.call("predict", timeout: .seconds(10))
      #expect(first.count(.success) == 3)
      tokens.renew()
      let second = try await cluster.call("predict", timeout: .seconds(10))
      #expect(second.count(.success) == 3)
      for (index, model) in crowd.models.enumerated() {
        let requests = await crowd.requests(of: index)
        #expect(
          requests.map { $0.metadata["x-gateway-auth-message"] }
            == ["\(model.modelID)/1", "\(model.modelID)/1", "\(model.modelID)/2"])
        #expect(requests[0].metadata[":authority"] == "127.0.0.1:\(model.port)")
      }
    }
    #expect(tokens.prepared == ["s-1": 1, "s-2": 1, "s-3": 1] && tokens.forgotten == 3)
  }

  @Test func tokensThatAreStillBeingMadeAreWaitedFor() async throws {
    let tokens = ScriptedCredentials(pendingCount: 3)
    try await play(1, tokens) { cluster, crowd in
      #expect(await cluster.waitForModels(atMost: .seconds(20)))
      #expect(await crowd.requests(of: 0).count == 1)
    }
  }

  @Test func aCallWithoutATokenIsNotMadeAndNobodysFault() async throws {
    let tokens = ScriptedCredentials()
    try await play(2, tokens) { cluster, crowd in
      #expect(await cluster.waitForModels(atMost: .seconds(20)))
      tokens.refuse("s-1", "the key file is gone")
      let round = try await cluster.call("predict", timeout: .seconds(10))
      #expect(round.results[0].detail == "UNAUTHENTICATED: the key file is gone")
      #expect(!round.results[0].wasSent && round.results[1].status == .success)
    }
  }

  @Test func aGatewayWhoseAuthorityIsUnknownIsRefused() async throws {
    let tokens = ScriptedCredentials()
    let crowd = try await SecureCrowd.start(1, certificates: certificates) { _ in
      var files = try certificates.issue("gateway", by: "other")
      files.ca = nil
      return SecureCrowd.Member(context: try TLSContext(.server, files), metadata: [])
    }
    let access = try GatewayAccess(credentials: tokens)
    try await follow(crowd.models) {
      $0.security = .gateway(access)
    } _: { cluster, _ in
      let reason = await cluster.first { event -> String? in
        if case .modelNotReady(_, let reason, _) = event { reason } else { nil }
      }
      #expect(reason?.contains("was issued by CN=Scratch other") == true)
      #expect(await crowd.requests(of: 0).isEmpty)
    }
    #expect(await crowd.stop() == 0)
  }
}

/// Tokens that say whose they are and of which generation.
private final class ScriptedCredentials: CallCredentials {
  private struct State {
    var tokens: [ModelID: CallMetadata.State] = [:]
    var prepared: [String: Int] = [:]
    var forgotten = 0
    var pendingCount: Int
  }

  private let state: Mutex<State>

  init(pendingCount: Int = 0) { state = Mutex(State(pendingCount: pendingCount)) }

  var prepared: [String: Int] { state.withLock { $0.prepared } }
  var forgotten: Int { state.withLock { $0.forgotten } }

  func prepare(_ id: ModelID) {
    state.withLock { state in
      state.prepared[id.rawValue, default: 0] += 1
      state.tokens[id] = .ready(Self.token(id, 1))
    }
  }

  func forget(_ id: ModelID) { state.withLock { $0.forgotten += 1 } }

  func metadata(for id: ModelID) -> CallMetadata.State {
    state.withLock { state in
      guard state.pendingCount == 0 else {
        state.pendingCount -= 1
        return .pending
      }
      return state.tokens[id] ?? .unavailable(reason: "never prepared")
    }
  }

  func renew() {
    state.withLock { state in
      for id in Array(state.tokens.keys) { state.tokens[id] = .ready(Self.token(id, 2)) }
    }
  }

  func refuse(_ id: String, _ reason: String) {
    state.withLock { $0.tokens[ModelID(id)] = .unavailable(reason: reason) }
  }

  private static func token(_ id: ModelID, _ generation: Int) -> CallMetadata {
    CallMetadata([("x-gateway-auth-message", "\(id)/\(generation)")])
  }
}
