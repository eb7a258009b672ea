public import Identity

/// Whose signatures submissions must carry: `signature-verifier`.
public struct OwnershipSettings: Hashable, Sendable {
  /// The key that must have signed.
  public var publicKey: WalletPublicKey
  /// How old a signature may be when its model is first asked for; nil (the default) for any age.
  public var ageMax: Duration?

  /// Creates settings.
  public init(publicKey: WalletPublicKey, ageMax: Duration? = nil) {
    self.publicKey = publicKey
    self.ageMax = ageMax
  }
}
