/// What the orchestrator says of one running model: who owns it and where it listens.
public struct ModelDescription: Hashable, Sendable {
  /// The stable identity of the model.
  public let modelID: ModelID
  /// The running version of the model; a new one means a new process.
  public let deploymentID: String
  /// Who owns it, and under which names it is shown.
  public var infos: ModelInfos
  /// The IP address or host name that the model's gRPC server listens on.
  public let host: String
  /// The TCP port of the model's gRPC server.
  public let port: UInt16

  /// Creates a description from the parts of one orchestrator entry.
  public init(
    modelID: ModelID, deploymentID: String, infos: ModelInfos, host: String, port: UInt16
  ) {
    self.modelID = modelID
    self.deploymentID = deploymentID
    self.infos = infos
    self.host = host
    self.port = port
  }
}

/// The names and keys of a model's owner; every field may be missing in the orchestrator's message.
public struct ModelInfos: Hashable, Sendable {
  /// The name that the participant gave the model.
  public var modelName: String?
  /// The participant's identifier.
  public var cruncherID: String?
  /// The participant's display name.
  public var cruncherName: String?
  /// The participant's wallet, base58.
  public var cruncherWalletPublicKey: String?
  /// The participant's hotkey, base58.
  public var cruncherHotkey: String?

  /// Creates the infos; what is not given is unknown.
  public init(
    modelName: String? = nil, cruncherID: String? = nil, cruncherName: String? = nil,
    cruncherWalletPublicKey: String? = nil, cruncherHotkey: String? = nil
  ) {
    self.modelName = modelName
    self.cruncherID = cruncherID
    self.cruncherName = cruncherName
    self.cruncherWalletPublicKey = cruncherWalletPublicKey
    self.cruncherHotkey = cruncherHotkey
  }
}
