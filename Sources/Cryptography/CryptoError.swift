internal import COpenSSL

/// A cryptographic operation that could not be done.
public struct CryptoError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What kind of failure it is.
  public enum Code: String, Sendable, Hashable {
    /// OpenSSL refused or failed; `openSSLCode` says why.
    case libraryFailed
    /// The text is not what its encoding demands.
    case badEncoding
    /// The input is larger than the library can take in one call.
    case tooLarge
    /// The key or certificate is a good one, and not one that can be used here.
    case unsuitable
  }

  /// What kind of failure it is.
  public let code: Code
  /// OpenSSL's packed error code (`openssl errstr` with the code in hexadecimal tells its text);
  /// 0 when OpenSSL was not involved.
  public let openSSLCode: UInt
  /// What was being done.
  public let doing: String
  /// The cause, and what the reader can do about it.
  public let detail: String

  /// One line: what was being done, the cause, and OpenSSL's code when there is one.
  public var description: String {
    let suffix = openSSLCode == 0 ? "" : " (OpenSSL error 0x\(String(openSSLCode, radix: 16)))"
    return "\(doing): \(detail)\(suffix)"
  }

  /// Takes the newest entry of this thread's OpenSSL error queue, and empties the queue.
  static func library(_ doing: String, _ detail: String) -> CryptoError {
    let code = ERR_peek_last_error()
    ERR_clear_error()
    return CryptoError(
      code: .libraryFailed, openSSLCode: UInt(code), doing: doing, detail: detail)
  }
  /// A key or certificate that can't be used, by our own rules.
  static func unsuitable(_ doing: String, _ detail: String) -> CryptoError {
    CryptoError(code: .unsuitable, openSSLCode: 0, doing: doing, detail: detail)
  }
}
