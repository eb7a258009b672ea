public import Competition

/// Why there is no token for a model.
public struct GatewaySignerError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What kind of failure it is.
  public enum Code: String, Hashable, Sendable {
    /// The model was not announced.
    case unknownModel
    /// The token is being signed: ask again in some milliseconds.
    case notReady
    /// OpenSSL refused the key.
    case signingFailed
    /// More models than `modelsMax`.
    case tooMany
    /// A setting that can't work.
    case badSetting
    /// The signer was stopped.
    case stopped
  }

  /// What kind of failure it is.
  public let code: Code
  /// The model; nil when it is about the signer itself.
  public let modelID: ModelID?
  /// What is wrong.
  public let detail: String

  init(_ code: Code, _ modelID: ModelID?, _ detail: String) {
    self.code = code
    self.modelID = modelID
    self.detail = detail
  }

  /// `model 9647: no gateway token: it isn't signed yet`.
  public var description: String {
    modelID.map { "model \($0): no gateway token: \(detail)" } ?? "gateway tokens: \(detail)"
  }
}
