public import Cryptography

/// A message with its ed25519 signature and the key that is said to have made it.
public struct SignedMessage: Hashable, Sendable {
  /// The bytes that were signed, at most 16 KiB.
  public let message: [UInt8]
  /// The signature. Shape: [64].
  public let signature: [UInt8]
  /// The key.
  public let wallet: WalletPublicKey

  /// The longest message, bytes; a delegation for an RSA key of 8192 bits takes 1,600.
  public static let bytesMax = 16 << 10

  /// Wraps a message, its signature and a key.
  public init(message: [UInt8], signature: [UInt8], wallet: WalletPublicKey) {
    self.message = message
    self.signature = signature
    self.wallet = wallet
  }

  /// Signs a message.
  public init(_ message: [UInt8], by key: WalletKey) {
    self.init(message: message, signature: key.sign(message), wallet: key.publicKey)
  }

  /// Whether the key signed the message.
  public var isValid: Bool { wallet.isValid(signature, of: message) }

  /// The three metadata values of a delegation.
  ///
  /// - Throws: `CryptoError` when the message is too long for a text.
  public func presented() throws(CryptoError) -> PresentedDelegation {
    PresentedDelegation(
      message: try Base64.encode(message), signature: try Base64.encode(signature),
      wallet: wallet.base58)
  }

  /// The bytes of a strict base64 text; nil for any other.
  static func base64Bytes(_ text: String) -> [UInt8]? { try? Base64.decode(text) }
}
