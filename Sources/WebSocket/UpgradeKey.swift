import Cryptography

/// The key of a WebSocket handshake (RFC 6455, sections 4.1 and 4.2.2).
enum UpgradeKey {
  private static let suffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

  /// A fresh key: the base64 of 16 random bytes.
  static func fresh() throws(CryptoError) -> String {
    try Base64.encode(SecureRandom.bytes(16))
  }

  /// Whether a client's key is the base64 of 16 bytes.
  static func isValid(_ key: String) -> Bool { (try? Base64.decode(key).count == 16) ?? false }

  /// The answer that proves that a server has read the key.
  static func accept(for key: String) throws(CryptoError) -> String {
    try Base64.encode(Digest.sha1.of((key + suffix).utf8))
  }
}
