internal import CSodium

/// An ed25519 public key: whose wallet it is, or whose signatures are taken.
public struct WalletPublicKey: Hashable, Sendable, CustomStringConvertible {
  /// The length of a key, bytes.
  public static let byteCount = 32
  /// The length of a signature, bytes.
  public static let signatureByteCount = 64

  /// The key. Shape: [32].
  public let bytes: [UInt8]

  /// Wraps a key; nil for any other length than 32 bytes, and for points that cannot be a key: not
  /// on the curve, not canonically encoded, or of small order (whose signatures fit any message).
  public init?(bytes: [UInt8]) {
    guard bytes.count == Self.byteCount, crypto_core_ed25519_is_valid_point(bytes) == 1 else {
      return nil
    }
    self.bytes = bytes
  }

  /// Reads a base58 text, as the registry and crunch-certificate write wallets.
  public init?(base58 text: some StringProtocol) {
    guard let bytes = Base58.decode(text) else { return nil }
    self.init(bytes: bytes)
  }

  /// Reads 64 hexadecimal digits, as `signature-verifier.public-key` has them.
  public init?(hex text: some StringProtocol) {
    guard let bytes = Hexadecimal.decode(text, byteCount: Self.byteCount) else { return nil }
    self.init(bytes: bytes)
  }

  /// The key in base58.
  public var base58: String { Base58.encode(bytes) ?? "" }

  /// The key in hexadecimal.
  public var hex: String { Hexadecimal.encode(bytes) }

  /// Whether `signature` is this key's signature of `message` (RFC 8032, Ed25519, 50 µs).
  ///
  /// libsodium is strict: the scalar S must be reduced, neither R nor the key may be of small
  /// order, encodings must be canonical. Any length but 64 bytes is refused.
  public func isValid(_ signature: [UInt8], of message: [UInt8]) -> Bool {
    guard signature.count == Self.signatureByteCount else { return false }
    return crypto_sign_verify_detached(signature, message, UInt64(message.count), bytes) == 0
  }

  /// The base58 text.
  public var description: String { base58 }
}
