public import Competition

/// What a model's method returned: its type and its bytes as received.
public struct ReplyValue: Sendable, Equatable {
  /// How the bytes are to be read.
  public let type: VariantType
  /// The bytes, a slice of the received message.
  public let bytes: ByteView

  /// Creates a value.
  public init(type: VariantType, bytes: ByteView) {
    self.type = type
    self.bytes = bytes
  }

  /// The value in Swift's terms; JSON stays text.
  ///
  /// - Throws: `ReplyValueError` when the bytes are not what the type says.
  public func decoded() throws(ReplyValueError) -> ArgumentValue {
    switch type {
    case .none: return .none
    case .double:
      return .double(Double(bitPattern: try fixed(UInt64.self, "a DOUBLE")))
    case .int: return .int(try fixed(Int64.self, "an INT"))
    case .string: return .string(try text("a STRING"))
    case .json: return .json(try text("a JSON value"))
    case .parquet: return .parquet(bytes.array)
    case .arrow: return .arrow(bytes.array)
    }
  }

  private func fixed<Number: FixedWidthInteger & Sendable>(
    _ number: Number.Type, _ name: String
  ) throws(ReplyValueError) -> Number {
    guard bytes.count == 8 else {
      throw ReplyValueError(reason: "\(name) of \(bytes.count) bytes instead of 8")
    }
    return bytes.withUnsafeBytes { Number(littleEndian: $0.loadUnaligned(as: Number.self)) }
  }

  private func text(_ name: String) throws(ReplyValueError) -> String {
    guard let text = bytes.withUnsafeBytes({ String(validating: $0, as: UTF8.self) }) else {
      throw ReplyValueError(reason: "\(name) that is not valid UTF-8")
    }
    return text
  }
}

/// A returned value that is not what its type says.
public struct ReplyValueError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong with it.
  public let reason: String

  /// The reason.
  public var description: String { "the model returned \(reason)" }
}
