import Competition
import GatewayTestSupport
import ServiceRuntime
import Testing

@testable import Updraft

/// What a front proves, and when renewed files take its place.
@Suite(.timeLimit(.minutes(1)))
struct FrontIdentityTests {
  /// Asks until the proof has changed.
  private func next(_ identity: FrontIdentity, after old: [UInt8]) async throws -> [UInt8] {
    let deadline = MonotonicInstant.now().advanced(by: .seconds(20))
    while identity.current().fields == old {
      try #require(MonotonicInstant.now() < deadline, "the renewed files are never used")
      await Task.yield()
    }
    return identity.current().fields
  }

  @Test func aRenewedDelegationIsInUseAndACertificateWithoutOneIsNot() async throws {
    let keys = try FrontKeys()
    let log = NoticeLog()
    let identity = try FrontIdentity(keys.server, delegation: keys.delegation, logger: log.logger)
    let first = identity.current()
    try keys.delegate()
    let second = try await next(identity, after: first.fields)

    _ = try keys.certificates.issueModel("7")
    let deadline = MonotonicInstant.now().advanced(by: .seconds(20))
    while !log.contains("renewed files are not in use", "for another key than the certificate's") {
      try #require(MonotonicInstant.now() < deadline, "nobody says that they don't fit")
      #expect(identity.current().fields == second, "the pair that fits stays")
      await Task.yield()
    }
    try keys.delegate()
    _ = try await next(identity, after: second)
    #expect(identity.current().context.certificate != first.context.certificate)
  }

  @Test(arguments: [
    ("no JSON", "is no signed delegation"),
    (#"{"message_b64":"e30=","wallet_pubkey_b58":"1","signature_b64":"AA=="}"#, "is no signed"),
  ])
  func aFileThatIsNoDelegationIsRefusedAtTheStart(text: String, reason: String) throws {
    let keys = try FrontKeys()
    try keys.certificates.run("printf '%s' '\(text)' > delegation.json")
    let failure = #expect(throws: StartFailure.self) {
      try FrontIdentity(keys.server, delegation: keys.delegation, logger: NoticeLog().logger)
    }
    #expect(failure?.problem.contains(reason) == true, "\(String(describing: failure))")
  }
}
