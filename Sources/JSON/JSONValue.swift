/// A JSON value in memory: for messages and configurations, not for answers on the hot path.
public enum JSONValue: Sendable, Hashable {
  /// `null`.
  case null
  /// `true` or `false`.
  case bool(Bool)
  /// A number without fraction and exponent that fits 64 bits.
  case int(Int64)
  /// Any other number, integers above `Int64.max` included. Not finite: written as `null`.
  case double(Double)
  /// A text.
  case string(String)
  /// A list.
  case array([JSONValue])
  /// Keys and values in their order. A key may occur twice, as in the text that was read.
  case object([JSONMember])

  /// The value of a key of an object, of the last one when the key occurs twice; nil when there
  /// is none, or when this is not an object.
  public subscript(key: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.last { $0.key == key }?.value
  }

  /// The element of an array at `index`; nil beyond its ends, or when this is not an array.
  public subscript(index: Int) -> JSONValue? {
    guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
    return elements[index]
  }

  /// The text of a string, else nil.
  public var stringValue: String? {
    guard case .string(let text) = self else { return nil }
    return text
  }

  /// The number of an `int`, or of a `double` that is a whole number of 64 bits; else nil.
  public var intValue: Int64? {
    switch self {
    case .int(let number): return number
    case .double(let number):
      // Both bounds are doubles: -2^63 fits 64 bits, 2^63 is the first that does not.
      guard number >= -0x1p63, number < 0x1p63 else { return nil }
      let whole = Int64(number)
      return Double(whole) == number ? whole : nil
    default: return nil
    }
  }

  /// The number of an `int` (rounded beyond 2^53) or a `double`, else nil.
  public var doubleValue: Double? {
    switch self {
    case .int(let number): Double(number)
    case .double(let number): number
    default: nil
    }
  }

  /// The value of a `bool`, else nil.
  public var boolValue: Bool? {
    guard case .bool(let value) = self else { return nil }
    return value
  }

  /// The elements of an array, else nil. Shape: [elementCount].
  public var arrayValue: [JSONValue]? {
    guard case .array(let elements) = self else { return nil }
    return elements
  }

  /// The members of an object in their order, else nil. Shape: [memberCount].
  public var objectValue: [JSONMember]? {
    guard case .object(let members) = self else { return nil }
    return members
  }

  /// Whether this is `null`.
  public var isNull: Bool { self == .null }
}
