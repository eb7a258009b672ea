public import Competition
public import TLSEngine

/// What the models of a crowd prove themselves with; all have one certificate and one owner.
public struct FleetIdentity: Sendable {
  /// The server's side of TLS, with a certificate for every model's name.
  public let context: TLSContext
  /// What the orchestrator says of the owner.
  public let wallet: String
  /// What the orchestrator says of the owner.
  public let hotkey: String
  /// What a model's answers carry.
  public let metadata: @Sendable (ModelID) -> [(name: String, value: String)]

  /// An identity that was made before.
  public init(
    context: TLSContext, wallet: String, hotkey: String,
    metadata: @escaping @Sendable (ModelID) -> [(name: String, value: String)]
  ) {
    self.context = context
    self.wallet = wallet
    self.hotkey = hotkey
    self.metadata = metadata
  }
}
