/// A value given on the command line for a setting of the file.
public struct SettingFlag: Hashable, Sendable {
  /// The setting's full name, such as `predict.shard`.
  public let path: String
  /// The flag as typed, such as `--shard`.
  public let name: String
  /// The value as typed.
  public let value: String

  /// Creates the value of a flag.
  public init(path: String, name: String, value: String) {
    self.path = path
    self.name = name
    self.value = value
  }
}
