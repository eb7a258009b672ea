internal import CLibSSL
internal import Competition

/// A TLS connection that can't be, or credentials that can't be used: what was being done, why it
/// failed, and what the reader can do.
public struct TLSError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What went wrong.
  public enum Code: String, Hashable, Sendable, CaseIterable {
    /// The peer does not speak TLS.
    case notTLS
    /// The peer's certificate was not issued by a CA that is trusted here.
    case untrustedIssuer
    /// The peer's certificate is for another name.
    case wrongName
    /// A certificate has expired.
    case expired
    /// A certificate is not valid yet.
    case notYetValid
    /// The peer's certificate can't be used for another reason.
    case badCertificate
    /// The peer showed no certificate.
    case noCertificate
    /// The peer refused the certificate that it was shown.
    case refusedByPeer
    /// The peer did not agree to the protocol above (ALPN `h2`).
    case noALPN
    /// The two sides have no TLS version or cipher in common.
    case nothingInCommon
    /// The peer ended the connection with another alert.
    case alert
    /// The connection ended in the middle of the handshake or without a farewell.
    case truncated
    /// The peer sent bytes that break the protocol, or that were tampered with.
    case brokenRecord
    /// The peer sent more than a limit allows.
    case overLimit
    /// The handshake took too long.
    case timedOut
    /// A file is missing or can't be read.
    case fileMissing
    /// A file does not hold what it should.
    case fileMalformed
    /// A key's file can be read by others.
    case keyExposed
    /// A key is encrypted.
    case keyEncrypted
    /// A key does not belong to the certificate.
    case keyMismatch
    /// OpenSSL itself failed.
    case libraryFailed
  }

  /// What went wrong.
  public let code: Code
  /// OpenSSL's packed error code (`openssl errstr` with the code in hexadecimal tells its text), or
  /// 0.
  public let openSSLCode: UInt
  /// What happened, and what to do about it.
  public let detail: String

  init(_ code: Code, openSSLCode: UInt = 0, _ detail: String) {
    self.code = code
    self.openSSLCode = openSSLCode
    self.detail = detail
  }

  /// The detail, with OpenSSL's own text where that is all there is.
  public var description: String { detail }

  /// A handshake that took longer than it may.
  public static func handshakeTimedOut(after time: Duration) -> TLSError {
    TLSError(
      .timedOut,
      "the handshake was not over within \(time.text): the peer is silent, or no TLS peer")
  }

  /// Takes the newest entry of this thread's OpenSSL error queue as the cause, and empties the
  /// queue.
  static func library(_ doing: String, code: Code = .libraryFailed) -> TLSError {
    let openSSLCode = takeLastError()
    let suffix = openSSLCode == 0 ? "" : ": \(openSSLText(openSSLCode))"
    return TLSError(code, openSSLCode: UInt(openSSLCode), doing + suffix)
  }
}

/// The newest entry of this thread's OpenSSL error queue, 0 when there is none; the queue is empty
/// afterwards, so that no connection finds the errors of another.
func takeLastError() -> UInt {
  let code = ERR_peek_last_error()
  ERR_clear_error()
  return UInt(code)
}

/// OpenSSL's words for a code.
func openSSLText(_ code: UInt) -> String {
  ERR_reason_error_string(CUnsignedLong(code)).map { String(cString: $0) } ?? "error \(code)"
}
