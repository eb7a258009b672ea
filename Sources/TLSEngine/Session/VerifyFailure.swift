internal import CLibSSL
internal import Competition

/// Notes why a peer's certificate is not accepted, while OpenSSL still has it at hand.
func sessionDidVerify(_ isGood: Int32, _ store: OpaquePointer?) -> Int32 {
  guard isGood != 1, let store,
    let ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()),
    let context = SSL_get_ex_data(OpaquePointer(ssl), 0)
  else { return isGood }
  let session = Unmanaged<TLSSession>.fromOpaque(context).takeUnretainedValue()
  if session.verifyFailure == nil {
    session.verifyFailure = TLSError(
      verifying: X509_STORE_CTX_get_error(store), depth: X509_STORE_CTX_get_error_depth(store),
      X509_STORE_CTX_get_current_cert(store).flatMap { CertificateSummary($0) }, session)
  }
  return isGood
}

extension TLSError {
  /// The words for a certificate that OpenSSL refused with `code`, `depth` steps up from the
  /// peer's own.
  fileprivate init(
    verifying code: Int32, depth: Int32, _ certificate: CertificateSummary?, _ session: TLSSession
  ) {
    let role = session.context.peerRole
    let whose = depth == 0 ? "the \(role)'s certificate" : "a CA above the \(role)'s certificate"
    let which = certificate.map { "\($0)" } ?? "unknown"
    switch code {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      self.init(.expired, "\(whose) has expired: \(which)")
    case X509_V_ERR_CERT_NOT_YET_VALID:
      self.init(.notYetValid, "\(whose) is not valid yet: \(which)")
    case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH:
      let names = certificate?.names ?? []
      let namesText = names.isEmpty ? "no host" : names.joined(separator: ", ")
      self.init(
        .wrongName,
        "\(whose) is not for \(session.serverName) but for \(namesText): \(which)")
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
      X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
      X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, X509_V_ERR_CERT_SIGNATURE_FAILURE:
      let issuer = certificate?.issuer ?? "unknown"
      self.init(
        .untrustedIssuer,
        "\(whose) was issued by \(issuer), which is not a CA that is trusted here: \(which)")
    default:
      let cause = String(cString: X509_verify_cert_error_string(Int(code)))
      self.init(.badCertificate, "\(whose) is not accepted (\(cause)): \(which)")
    }
  }
}
