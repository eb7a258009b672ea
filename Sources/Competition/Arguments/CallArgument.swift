/// One argument of a call: positional, or by name.
public struct CallArgument: Hashable, Sendable {
  /// The parameter's name; nil for a positional argument.
  public let keyword: String?
  /// What is passed.
  public let value: ArgumentValue

  /// Creates an argument; without a keyword it is positional.
  public init(_ value: ArgumentValue, keyword: String? = nil) {
    self.keyword = keyword
    self.value = value
  }
}
