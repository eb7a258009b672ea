/// How a value is encoded on the wire (`commons.VariantType`).
public enum VariantType: UInt64, Hashable, Sendable, CaseIterable {
  /// No value.
  case none = 0
  /// Eight bytes, IEEE 754, little-endian.
  case double = 1
  /// Eight bytes, two's complement, little-endian.
  case int = 2
  /// UTF-8 text.
  case string = 3
  /// A Parquet file.
  case parquet = 4
  /// An Arrow stream.
  case arrow = 5
  /// JSON text as Python writes it, `NaN` and `Infinity` included.
  case json = 6
}
