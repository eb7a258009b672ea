public import Competition

/// Why a model's delegation is not accepted. It holds public values only.
public struct DelegationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The check that failed, in the order in which they are made.
  public enum Code: String, Hashable, Sendable, CaseIterable {
    /// One of the three metadata values is missing.
    case missingMetadata
    /// One of them is not encoded as it must be, or too long.
    case badEncoding
    /// The orchestrator named no wallet to compare with.
    case unknownWallet
    /// It is another wallet's.
    case foreignWallet
    /// The wallet did not sign this message.
    case badSignature
    /// The message is no JSON object, or a field is missing, repeated or of another type.
    case badMessage
    /// It is for another TLS key than that of this connection.
    case foreignKey
    /// It is for another model.
    case foreignModel
    /// The orchestrator named no hotkey to compare with.
    case unknownHotkey
    /// It is for another hotkey.
    case foreignHotkey
    /// Its time is over.
    case expired
  }

  /// The check that failed.
  public let code: Code
  /// The model whose delegation it is.
  public let modelID: ModelID
  /// What was found and what was expected.
  public let finding: String
  /// What somebody can do about it, and who.
  public let remedy: String

  init(_ code: Code, _ modelID: ModelID, _ finding: String, do remedy: String) {
    self.code = code
    self.modelID = modelID
    self.finding = finding
    self.remedy = remedy
  }

  /// `model 9647: the delegation is for hotkey "A", expected "B"; the cruncher signs a …`.
  public var description: String { "model \(modelID): \(finding); \(remedy)" }
}
