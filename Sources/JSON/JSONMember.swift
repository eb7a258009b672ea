/// A key of a JSON object and its value.
public struct JSONMember: Sendable, Hashable {
  /// The key, unescaped.
  public var key: String
  /// The value.
  public var value: JSONValue

  /// Joins a key and a value.
  public init(key: String, value: JSONValue) {
    self.key = key
    self.value = value
  }
}
