internal import Competition
internal import GRPC
internal import HTTP2

/// What a model has proved on its connection, and until when that holds.
struct PeerProof {
  let evidence: PeerEvidence
  var acceptedUntil: UTCTime?
}

/// What goes with a call.
enum CallAccess {
  /// The fields of this model's own, if it needs any.
  case granted(HeaderBlock?)
  /// They are being made.
  case pending
  /// There are none.
  case denied(reason: String)
}

extension ModelLink {
  /// How long the wall clock is trusted to go on evenly: dates are looked at again after it.
  private static let dateCheckMax = Duration.seconds(3_600)

  /// What a call made now must carry.
  var access: CallAccess {
    guard let credentials = shard.options.security.credentials else { return .granted(nil) }
    switch credentials.metadata(for: model.modelID) {
    case .ready(let metadata): return .granted(metadata.block)
    case .pending: return .pending
    case .unavailable(let reason): return .denied(reason: reason)
    }
  }

  /// Judges what an answer presents; nil when it is accepted, or nothing has to be proved. Nothing
  /// is judged twice on one connection.
  func refusal(_ metadata: [String: String]) -> String? {
    guard let verification = shard.options.security.verification else { return nil }
    guard let peer = channel?.peer else { return "there is no TLS certificate on the connection" }
    let evidence = PeerEvidence(publicKeyInfo: peer.publicKeyInfo, metadata: metadata)
    return proof?.evidence == evidence ? nil : judge(evidence, verification)
  }

  /// Judges the proof anew because the orchestrator says something else of the model.
  func refreshProof() {
    guard state == .ready, let proof, let verification = shard.options.security.verification,
      let reason = judge(proof.evidence, verification)
    else { return }
    peerRefused(reason)
  }

  /// Closes a model that can't prove any more who it is.
  func peerRefused(_ reason: String) {
    guard state == .ready else { return }
    shard.emit(.modelLost(model, reason: reason))
    dropFlight("UNAUTHENTICATED: \(reason)")
    cancelHealthCheck()
    wasReady = false
    connectFailed(.notAuthentic(detail: reason))
  }

  /// Whether the connection is TLS.
  var isSecure: Bool { channel?.peer != nil }

  /// The first date of the connection: its proof's or the model's certificate's end.
  var nearestEnd: UTCTime? {
    [proof?.acceptedUntil, channel?.peer?.notAfter].compactMap(\.self).min()
  }

  /// Has the link look again when the first date of its connection has passed.
  func watchDates() {
    guard let date = nearestEnd else { return }
    // A date is the last moment that is valid.
    let left = date.since(.now()) + .milliseconds(1)
    arm(after: min(max(left, .zero), Self.dateCheckMax))
  }

  /// A date may have passed, or come so near that it is to be told: who verifies is asked again.
  func datesCame() {
    let now = UTCTime.now()
    if let proof, proof.acceptedUntil != nil,
      let verification = shard.options.security.verification
    {
      let reason = judge(proof.evidence, verification)
      if let reason { return peerRefused(reason) }
      if let end = self.proof?.acceptedUntil, now > end {
        return peerRefused("its proof of identity expired at \(end.iso8601)Z")
      }
    }
    if let peer = channel?.peer, now > peer.notAfter {
      return certificateExpired("the model's certificate has expired: \(peer)")
    }
    watchDates()
  }

  private func judge(_ evidence: PeerEvidence, _ verification: any PeerVerification) -> String? {
    switch verification.verify(model, evidence, at: .now()) {
    case .accepted(let until):
      proof = PeerProof(evidence: evidence, acceptedUntil: until)
      if state == .ready { watchDates() }
      return nil
    case .refused(let reason): return reason
    }
  }
}
