import Competition
import EventLoop
import GatewayTestSupport
import Orchestration
import Resilience
import TLSEngine
import Testing

@testable import ModelRunner

@Suite(.timeLimit(.minutes(2)))
struct SecureClusterTests {
  private let certificates: ScratchCertificates
  private let verification = ScriptedVerification()

  init() throws { certificates = try ScratchCertificates() }

  private func member(_ index: Int) throws -> SecureCrowd.Member {
    SecureCrowd.Member(
      context: try TLSContext(.server, certificates.issueModel("s-\(index + 1)")))
  }

  /// Plays with `count` models and a coordinator that has a certificate of the same CA.
  private func play(
    _ count: Int, _ member: ((Int) throws -> SecureCrowd.Member)? = nil,
    options change: (inout ClusterOptions) -> Void = { _ in },
    _ body: (ModelCluster, SimulatedOrchestrator, SecureCrowd) async throws -> Void
  ) async throws {
    let crowd = try await SecureCrowd.start(
      count, certificates: certificates, member ?? self.member)
    _ = try certificates.issue("coordinator")
    let security = try MutualTLS(
      directory: certificates.folder + "/coordinator", verification: verification)
    let outcome: Result<Void, any Error>
    do {
      try await follow(crowd.models) {
        $0.security = .mutualTLS(security)
        change(&$0)
      } _: {
        try await body($0, $1, crowd)
      }
      outcome = .success(())
    } catch {
      outcome = .failure(error)
    }
    #expect(await crowd.stop() == 0)
    try outcome.get()
  }

  @Test func aFleetIsCalledOverMutualTLSAndProvesItselfOncePerConnection() async throws {
    try await play(6, options: { $0.loopCount = 2 }) { cluster, _, crowd in
      #expect(await cluster.waitForModels(atMost: .seconds(20)))
      #expect(await cluster.models().count == 6)
      for _ in 1...3 {
        let round = try await cluster.call("predict", predictArguments, timeout: .seconds(10))
        #expect(round.count(.success) == 6)
      }
      for (index, model) in crowd.models.enumerated() {
        #expect(verification.count(of: model.modelID) == 1, "steady rounds judge nothing again")
        let requests = await crowd.requests(of: index)
        #expect(requests.count == 4)
        let name = "model-node-\(model.modelID).crunchdao.internal"
        #expect(requests.allSatisfy { $0.metadata[":authority"] == name })
        #expect(requests.allSatisfy { $0.metadata[":scheme"] == "https" })
      }
      let evidence = verification.asked.withLock { $0.map(\.evidence) }
      #expect(Set(evidence.map(\.publicKeyInfo)).count == 6, "each has a key of its own")
      #expect(cluster.options.security.warning() == nil)
    }
  }

  @Test func aBadCertificateAffectsItsModelAloneAndIsNamed() async throws {
    let bad: [Int: String] = [
      0: "was issued by CN=Scratch other", 1: "not for model-node-s-2.crunchdao.internal",
      2: "certificate has expired: CN=model-s-3", 3: "not valid yet: CN=model-s-4",
      4: "not a TLS server", 5: "refused (unknown CA) our certificate",
    ]
    let outside = UTCTime.now()
    try await play(10) { index in
      switch index {
      case 0:
        let files = try certificates.issueModel("s-1", by: "other")
        return .init(context: try TLSContext(.server, files))
      case 1: return .init(context: try TLSContext(.server, certificates.issueModel("x")))
      case 2, 3:
        var files = try certificates.issueModel(
          "s-\(index + 1)", validity: index == 2 ? .past : .future)
        files.ca = nil
        let then = outside.advanced(by: .seconds(index == 2 ? -2 * 86_400 : 2 * 86_400))
        return .init(context: try TLSContext(.server, files, now: then))
      case 4: return .init(context: nil)
      case 5:
        let files = try certificates.issue(
          "s-6", names: ["model-node-s-6.crunchdao.internal"], trusts: "other")
        return .init(context: try TLSContext(.server, files))
      default: return try member(index)
      }
    } _: { cluster, orchestrator, crowd in
      #expect(await cluster.waitForModels(atMost: .seconds(20)))
      #expect(
        await cluster.models().map(\.description)
          == Array(crowd.models[6...]).sorted {
            $0.modelID < $1.modelID
          })
      let round = try await cluster.call("predict", predictArguments, timeout: .seconds(10))
      #expect(round.count(.success) == 4 && round.results.count == 4)
      var reasons: [ModelID: String] = [:]
      for await event in cluster.events {
        if case .modelNotReady(let model, let reason, _) = event {
          reasons[model.modelID] = reasons[model.modelID] ?? reason
        }
        if reasons.count == bad.count { break }
      }
      for (index, text) in bad {
        let reason = reasons[crowd.models[index].modelID] ?? ""
        #expect(reason.contains(text), "model \(index + 1): \(reason)")
        #expect(await crowd.requests(of: index).isEmpty, "nothing was sent to it")
      }
      #expect(orchestrator.reports.isEmpty)
    }
  }

  @Test func aModelThatCannotProveItsOwnerIsReportedAndGetsNoCall() async throws {
    try await play(3) { index in
      var member = try member(index)
      if index == 0 { member.metadata = [] }
      if index == 1 { member.metadata = [("x-server-auth-message", "bogus")] }
      return member
    } _: { cluster, orchestrator, crowd in
      #expect(await cluster.waitForModels(atMost: .seconds(20)))
      try await orchestrator.waitForReports(2)
      let reports = orchestrator.reports.sorted { $0.modelID < $1.modelID }
      #expect(reports.map(\.modelID.rawValue) == ["s-1", "s-2"])
      #expect(reports.allSatisfy { $0.code == .connectionFailed })
      #expect(
        reports.map(\.reason) == [
          "the delegation of s-1 is missing", "not a delegation: bogus",
        ])
      let round = try await cluster.call("predict", timeout: .seconds(10))
      #expect(round.results.map(\.model.modelID.rawValue) == ["s-3"])
      #expect(
        await crowd.requests(of: 0).map(\.path) == [
          "/dynamic_subclass.DynamicSubclassService/Setup"
        ])
    }
  }

  @Test func aProofThatChangesIsJudgedAgainAndARefusedAnswerCountsForNothing() async throws {
    try await play(2) { cluster, orchestrator, crowd in
      #expect(await cluster.waitForModels(atMost: .seconds(20)))
      await crowd.setMetadata(0, "also good")
      let good = try await cluster.call("predict", timeout: .seconds(10))
      #expect(good.count(.success) == 2)
      #expect(verification.count(of: crowd.models[0].modelID) == 2)
      await crowd.setMetadata(0, "forged")
      let forged = try await cluster.call("predict", timeout: .seconds(10))
      #expect(forged.results[0].status == .timeout && forged.results[0].value == nil)
      #expect(forged.results[0].detail == "UNAUTHENTICATED: not a delegation: forged")
      #expect(forged.results[1].status == .success)
      try await orchestrator.waitForReports(1)
      #expect(orchestrator.reports[0].code == .connectionFailed)
      #expect(await cluster.models().map(\.description.modelID.rawValue) == ["s-2"])
    }
  }

  @Test func aProofThatExpiresEndsTheConnectionAtItsDate() async throws {
    try await play(2) { index in
      var member = try member(index)
      if index == 0 { member.metadata = [("x-server-auth-message", "soon")] }
      return member
    } _: { cluster, orchestrator, crowd in
      #expect(await cluster.waitForModels(atMost: .seconds(20)))
      try await orchestrator.waitForReports(1)
      #expect(UTCTime.now() > verification.soon)
      #expect(orchestrator.reports[0].reason == "the delegation of s-1 has expired")
      #expect(await cluster.models().map(\.description.modelID.rawValue) == ["s-2"])
    }
  }

  @Test func aWalletThatTheOrchestratorChangesIsComparedAgain() async throws {
    try await play(1) { cluster, orchestrator, crowd in
      #expect(await cluster.waitForModels(atMost: .seconds(20)))
      var model = crowd.models[0]
      model.infos.modelName = "renamed"
      await orchestrator.update([FeedEntry(model)])
      model.infos.cruncherWalletPublicKey = "stolen"
      await orchestrator.update([FeedEntry(model)])
      try await orchestrator.waitForReports(1)
      #expect(orchestrator.reports[0].reason == "the wallet is another one")
      #expect(verification.count(of: model.modelID) == 2, "a new name is no new proof")
    }
  }

  @Test func aRenewedCertificateIsSeenAndJudgedOnTheNextConnection() async throws {
    try await play(2) { cluster, orchestrator, crowd in
      #expect(await cluster.waitForModels(atMost: .seconds(20)))
      let id = crowd.models[0].modelID
      await crowd.renew(0, try TLSContext(.server, certificates.issueModel("s-1")))
      let deadline = MonotonicInstant.now().advanced(by: .seconds(20))
      while verification.count(of: id) < 2 {
        try #require(MonotonicInstant.now() < deadline, "it was not connected again")
        await Task.yield()
      }
      let keys = verification.asked.withLock { asked in
        Set(asked.filter { $0.model.modelID == id }.map(\.evidence.publicKeyInfo))
      }
      #expect(keys.count == 2)
      #expect(verification.count(of: crowd.models[1].modelID) == 1)
      #expect(orchestrator.reports.isEmpty)
    }
  }

  @Test func aCertificateThatExpiresMeanwhileEndsItsConnection() async throws {
    try await play(2) { index in
      guard index == 0 else { return try member(index) }
      let files = try certificates.issueModel("s-1", validity: .moment)
      return SecureCrowd.Member(context: try TLSContext(.server, files))
    } _: { cluster, _, crowd in
      var lost: [ModelID: String] = [:]
      var wasReady = false
      for await event in cluster.events {
        if case .modelReady(let model) = event, model == crowd.models[0] { wasReady = true }
        guard case .modelLost(let model, let reason) = event else { continue }
        lost[model.modelID] = reason
        break
      }
      #expect(wasReady && Array(lost.keys) == [crowd.models[0].modelID])
      #expect(lost.first?.value.contains("certificate has expired: CN=model-s-1, valid") == true)
    }
  }

  @Test func handshakesInProgressAreCapped() async throws {
    _ = try certificates.issue("coordinator")
    let security = try MutualTLS(
      directory: certificates.folder + "/coordinator", verification: verification)
    let thread = try LoopThread(name: "shard")
    let places = await thread.run { loop in
      var options = ClusterOptions(crunchID: "game", baseClass: "game.Base", logger: quietLogger)
      let places = [ClusterSecurity.plain, .mutualTLS(security)].map { security in
        options.security = security
        let shard = ModelRunner.Shard(options, index: 0, on: loop) { _ in }
        defer { shard.close() }
        return shard.gate.placesMax
      }
      return places
    }
    #expect(places == [64, TLSLimits.handshakesInProgressMax])
    #expect(await thread.stop() == 0)
  }

  @Test func withReportsTurnedOffAnUnprovenModelStillGetsNoCall() async throws {
    try await play(1) { index in
      var member = try member(index)
      member.metadata = []
      return member
    } options: {
      $0.reportsFailures = false
    } _: { cluster, _, crowd in
      let withheld = await cluster.first { event -> ModelRunner.FailureReport? in
        if case .reportWithheld(let report) = event { report } else { nil }
      }
      #expect(withheld?.code == .connectionFailed)
      let round = try await cluster.call("predict", timeout: .seconds(5))
      #expect(round.results.isEmpty)
      #expect(await crowd.requests(of: 0).count == 1)
    }
  }
}
