/// What a model shows with its answers: a message, signed by its owner's wallet, that names the TLS
/// key that may speak for the wallet. Nothing of it is checked yet.
public struct PresentedDelegation: Hashable, Sendable {
  /// `x-server-auth-message`: base64 of UTF-8 JSON; nil when the model sent none.
  public var message: String?
  /// `x-server-auth-signature`: base64 of the wallet's ed25519 signature of the message's bytes.
  public var signature: String?
  /// `x-server-wallet-pubkey`: the wallet, base58.
  public var wallet: String?

  /// Wraps what was shown.
  public init(message: String?, signature: String?, wallet: String?) {
    self.message = message
    self.signature = signature
    self.wallet = wallet
  }

  /// The names of the metadata, in the order of the fields above.
  public static let metadataNames = [
    "x-server-auth-message", "x-server-auth-signature", "x-server-wallet-pubkey",
  ]

  /// Takes the three values out of an answer's initial metadata, by their names in small letters.
  public init(metadata: [String: String]) {
    let values = Self.metadataNames.map { metadata[$0] }
    self.init(message: values[0], signature: values[1], wallet: values[2])
  }
}
