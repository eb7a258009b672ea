import Competition
import Identity
import Logging
import ModelRunner
import Synchronization

/// Judges models by the delegations that their answers carry.
final class DelegationCheck: PeerVerification {
  let metadataNames = PresentedDelegation.metadataNames
  private let verifier: DelegationVerifier
  private let logger: Logger
  private let refusals = Mutex<[String: Int]>([:])

  init(_ verifier: DelegationVerifier = DelegationVerifier(), logger: Logger) {
    self.verifier = verifier
    self.logger = logger
  }

  /// Full checks made so far, with their signatures.
  var checkCount: Int { verifier.checkCount }

  /// Refusals so far by the check that failed.
  var refusalCounts: [String: Int] { refusals.withLock { $0 } }

  func verify(
    _ model: ModelDescription, _ evidence: PeerEvidence, at now: UTCTime
  ) -> PeerVerdict {
    let verdict = verifier.verdict(
      on: PresentedDelegation(metadata: evidence.metadata),
      expecting: DelegationExpectation(model, peerKey: evidence.publicKeyInfo), at: now)
    switch verdict {
    case .accepted(let delegation, let warning):
      if let warning {
        logger.warning("delegation ends soon", metadata: ["what": "\(warning)"])
      }
      return .accepted(until: delegation.expiresAt)
    case .refused(let error):
      refusals.withLock { $0[error.code.rawValue, default: 0] += 1 }
      return .refused(reason: "\(error)")
    }
  }
}
