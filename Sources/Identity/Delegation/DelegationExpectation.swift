public import Competition

/// What a model's delegation must say: whose it is, as the orchestrator has it, and the TLS key of
/// the very connection that it came on.
public struct DelegationExpectation: Hashable, Sendable {
  /// The model that was called.
  public var modelID: ModelID
  /// The owner's wallet, base58; nil or empty when the orchestrator doesn't know it, which nothing
  /// equals.
  public var wallet: String?
  /// The owner's hotkey; nil or empty when the orchestrator doesn't know it, which nothing equals.
  public var hotkey: String?
  /// The DER SubjectPublicKeyInfo of the peer's certificate.
  public var peerKey: [UInt8]
  /// Whether the message must name the model; the coordinator's own must name none.
  public private(set) var namesModel = true

  /// Creates an expectation.
  public init(modelID: ModelID, wallet: String?, hotkey: String?, peerKey: [UInt8]) {
    self.modelID = modelID
    self.wallet = wallet
    self.hotkey = hotkey
    self.peerKey = peerKey
  }

  /// What `model` must show on a connection to a peer with this key.
  public init(_ model: ModelDescription, peerKey: [UInt8]) {
    self.init(
      modelID: model.modelID, wallet: model.infos.cruncherWalletPublicKey,
      hotkey: model.infos.cruncherHotkey, peerKey: peerKey)
  }

  /// What the coordinator's own message must say.
  public static func coordinator(
    wallet: String?, hotkey: String?, peerKey: [UInt8]
  ) -> DelegationExpectation {
    var expectation = DelegationExpectation(
      modelID: ModelID("coordinator"), wallet: wallet, hotkey: hotkey, peerKey: peerKey)
    expectation.namesModel = false
    return expectation
  }
}
