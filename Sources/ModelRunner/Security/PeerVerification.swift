public import Competition

/// Judges whether a model is who the orchestrator says it is.
public protocol PeerVerification: Sendable {
  /// The fields of a model's initial metadata that make its proof, lower case.
  var metadataNames: [String] { get }

  /// Judges a proof. Called on the model's loop, once for each connection and again when the model
  /// presents something else: it must neither wait nor read files.
  ///
  /// - Parameters:
  ///   - model: What the orchestrator says: its id, wallet and hotkey.
  ///   - evidence: What the model presents.
  ///   - now: The time at which the proof must hold.
  /// - Returns: Whether the model is accepted, and until when, or why it is not.
  func verify(
    _ model: ModelDescription, _ evidence: PeerEvidence, at now: UTCTime
  ) -> PeerVerdict
}

/// What a model presents on one connection.
public struct PeerEvidence: Hashable, Sendable {
  /// The public key of its TLS certificate on this very connection, a DER SubjectPublicKeyInfo.
  public let publicKeyInfo: [UInt8]
  /// The fields asked for, as far as they came; a field that came twice has its values joined by a
  /// comma.
  public let metadata: [String: String]

  /// Evidence as a connection gives it.
  public init(publicKeyInfo: [UInt8], metadata: [String: String]) {
    self.publicKeyInfo = publicKeyInfo
    self.metadata = metadata
  }
}

/// What became of a proof.
public enum PeerVerdict: Hashable, Sendable {
  /// It holds, until the time given if there is one.
  case accepted(until: UTCTime?)
  /// It doesn't; the reason says what was expected and what came.
  case refused(reason: String)
}
