/// A value passed to a model's method, of one of the wire's VariantTypes.
public enum ArgumentValue: Hashable, Sendable {
  /// Python's None.
  case none
  /// A text.
  case string(String)
  /// A whole number.
  case int(Int64)
  /// A floating-point number.
  case double(Double)
  /// JSON text, passed on as it is.
  case json(String)
  /// The bytes of a Parquet file.
  case parquet([UInt8])
  /// The bytes of an Arrow stream.
  case arrow([UInt8])
}

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
