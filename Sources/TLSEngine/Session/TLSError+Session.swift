internal import CLibSSL
internal import Competition

extension TLSContext {
  /// What the other side is.
  var peerRole: String { role == .client ? "server" : "client" }
}

extension TLSSession {
  /// Why OpenSSL can't go on. Its queue of errors is empty afterwards.
  func failure() -> TLSError {
    let code = takeLastError()
    if let verifyFailure { return verifyFailure }
    let reason = updraft_error_reason(CUnsignedLong(code))
    guard updraft_error_library(CUnsignedLong(code)) == ERR_LIB_SSL else {
      return TLSError(
        .brokenRecord, openSSLCode: code,
        "the \(context.peerRole) broke off TLS: \(openSSLText(code))")
    }
    if reason > SSL_AD_REASON_OFFSET {
      return alertFailure(reason - SSL_AD_REASON_OFFSET, code)
    }
    return localFailure(reason, code)
  }

  /// The peer has sent an alert.
  private func alertFailure(_ alert: Int32, _ code: UInt) -> TLSError {
    let name = String(cString: SSL_alert_desc_string_long(alert))
    let peer = context.peerRole
    switch alert {
    case SSL_AD_BAD_CERTIFICATE, SSL_AD_UNSUPPORTED_CERTIFICATE, SSL_AD_CERTIFICATE_REVOKED,
      SSL_AD_CERTIFICATE_EXPIRED, SSL_AD_CERTIFICATE_UNKNOWN, SSL_AD_UNKNOWN_CA,
      SSL_AD_ACCESS_DENIED, SSL_AD_CERTIFICATE_REQUIRED:
      let own = context.certificate.map { "our certificate: \($0)" } ?? "us: we have no certificate"
      return TLSError(.refusedByPeer, openSSLCode: code, "the \(peer) refused (\(name)) \(own)")
    case SSL_AD_HANDSHAKE_FAILURE, SSL_AD_PROTOCOL_VERSION, SSL_AD_INSUFFICIENT_SECURITY:
      return .nothingInCommon(peer, name, code)
    case SSL_AD_NO_APPLICATION_PROTOCOL:
      return TLSError(
        .noALPN, openSSLCode: code, "the \(peer) does not agree to HTTP/2 (ALPN h2)")
    case SSL_AD_UNRECOGNIZED_NAME:
      return TLSError(
        .wrongName, openSSLCode: code, "the \(peer) does not know the name \(serverName)")
    default:
      return TLSError(.alert, openSSLCode: code, "the \(peer) broke off TLS (alert: \(name))")
    }
  }

  /// This side has found the fault.
  private func localFailure(_ reason: Int32, _ code: UInt) -> TLSError {
    let text = openSSLText(code)
    let peer = context.peerRole
    switch reason {
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
      return TLSError(.noCertificate, openSSLCode: code, "the \(peer) showed no certificate")
    case SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_NO_SHARED_CIPHER, SSL_R_WRONG_SSL_VERSION,
      SSL_R_NO_PROTOCOLS_AVAILABLE, SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
      return .nothingInCommon(peer, text, code)
    case SSL_R_NO_APPLICATION_PROTOCOL:
      return TLSError(.noALPN, openSSLCode: code, "the \(peer) does not offer HTTP/2 (ALPN h2)")
    case SSL_R_EXCESSIVE_MESSAGE_SIZE:
      return TLSError(
        .overLimit, openSSLCode: code,
        "a TLS handshake message of the \(peer) is over its limit (certificates: "
          + "\(TLSLimits.certificateBytesMax) bytes)")
    default:
      return TLSError(
        .brokenRecord, openSSLCode: code, "the \(peer) broke the TLS protocol (\(text))")
    }
  }
}

extension TLSError {
  fileprivate static func nothingInCommon(_ peer: String, _ cause: String, _ code: UInt) -> TLSError
  {
    TLSError(
      .nothingInCommon, openSSLCode: code,
      "the \(peer) and this side have no TLS version or cipher in common (\(cause)); TLS 1.2 or "
        + "later is needed")
  }

  /// What the first bytes of a peer say, when they are no TLS record: its type is 20 to 23.
  init?(stranger bytes: UnsafeRawBufferPointer, _ context: TLSContext) {
    guard let first = bytes.first, !(20...23).contains(first) else { return nil }
    // A server's first HTTP/2 frame is SETTINGS, type 4 in the frame's fourth byte.
    if first == 0, bytes.count > 3, bytes[3] == 4 {
      self.init(.notTLS, "not a TLS \(context.peerRole) (it speaks HTTP/2 without TLS)")
    } else {
      self.init(
        .notTLS, "not a TLS \(context.peerRole) (got \"\(printable(bytes.prefix(32)))\")")
    }
  }
}
