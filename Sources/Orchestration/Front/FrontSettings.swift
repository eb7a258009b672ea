import Competition

/// A program that stands before each model's port, for example one that ends TLS: it is started and
/// stopped with the model, and coordinators are told its port instead of the model's.
public struct FrontSettings: Hashable, Sendable {
  /// What stands for something else in the words of `command`.
  public enum Placeholder: String, Hashable, Sendable, CaseIterable {
    /// The port of 127.0.0.1 that the front must listen on.
    case port = "{port}"
    /// The port of 127.0.0.1 that the model serves on.
    case modelPort = "{model_port}"
    /// The model's id.
    case modelID = "{model_id}"
  }

  /// The program and its arguments.
  public var command: [String]
  /// The folder that it starts in, which relative paths among its arguments start from.
  public var folder: String

  /// Creates settings.
  public init(command: [String], folder: String) {
    self.command = command
    self.folder = folder
  }

  /// The words for one model.
  func words(model: ModelID, modelPort: UInt16, port: UInt16) -> [String] {
    command.map { word in
      Placeholder.allCases.reduce(word) { text, placeholder in
        let value =
          switch placeholder {
          case .port: "\(port)"
          case .modelPort: "\(modelPort)"
          case .modelID: model.rawValue
          }
        return text.split(separator: placeholder.rawValue, omittingEmptySubsequences: false)
          .joined(separator: value)
      }
    }
  }
}
