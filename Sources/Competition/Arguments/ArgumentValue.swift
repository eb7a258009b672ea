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
