/// A malformed protobuf message: what is wrong and at which byte.
public struct ProtobufError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong, for example `length runs past the end`.
  public let reason: String
  /// The offset of the offending byte in the message.
  public let offset: Int

  /// Creates an error about the byte at `offset`.
  public init(reason: String, offset: Int) {
    self.reason = reason
    self.offset = offset
  }

  /// `malformed protobuf at byte 17: length runs past the end`.
  public var description: String { "malformed protobuf at byte \(offset): \(reason)" }
}

/// Walks the fields of a protobuf message without copying them.
///
/// Wire format: the "Encoding" page of the Protocol Buffers documentation. Groups are refused,
/// unknown fields are the caller's to ignore.
public struct ProtobufReader: ~Copyable {
  /// One field: its number and what it holds.
  public enum Field: Hashable, Sendable {
    /// An integer, boolean or enumeration.
    case varint(number: Int, value: UInt64)
    /// Bytes, text or a message: where they lie in the reader's message.
    case bytes(number: Int, range: Range<Int>)
    /// Four bytes, little-endian.
    case fixed32(number: Int, value: UInt32)
    /// Eight bytes, little-endian.
    case fixed64(number: Int, value: UInt64)
  }

  private let bytes: UnsafeRawBufferPointer
  private let end: Int
  private var offset: Int

  /// Reads `range` of `bytes`; the bytes must outlive the reader.
  public init(_ bytes: UnsafeRawBufferPointer, range: Range<Int>? = nil) {
    self.bytes = bytes
    let range = range ?? 0..<bytes.count
    offset = range.lowerBound
    end = range.upperBound
  }

  /// The next field, or nil at the end of the message.
  ///
  /// - Throws: `ProtobufError` for anything that isn't a well-formed field.
  public mutating func next() throws(ProtobufError) -> Field? {
    guard offset < end else { return nil }
    let tagOffset = offset
    let tag = try varint()
    let number = Int(truncatingIfNeeded: tag >> 3)
    guard (1...536_870_911).contains(number) else {
      throw ProtobufError(reason: "field number \(number) is out of range", offset: tagOffset)
    }
    switch tag & 7 {
    case 0: return .varint(number: number, value: try varint())
    case 1: return .fixed64(number: number, value: try fixed(UInt64.self))
    case 2: return .bytes(number: number, range: try lengthDelimited())
    case 5: return .fixed32(number: number, value: try fixed(UInt32.self))
    default:
      throw ProtobufError(reason: "wire type \(tag & 7) is not in use", offset: tagOffset)
    }
  }

  private mutating func varint() throws(ProtobufError) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    let start = offset
    while offset < end {
      let byte = bytes[offset]
      offset += 1
      if shift == 63, byte > 1 { break }
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
      if shift > 63 { break }
    }
    throw ProtobufError(reason: "the number does not end within ten bytes", offset: start)
  }

  private mutating func lengthDelimited() throws(ProtobufError) -> Range<Int> {
    let start = offset
    let length = try varint()
    guard length <= UInt64(end - offset) else {
      throw ProtobufError(reason: "length \(length) runs past the end", offset: start)
    }
    let range = offset..<offset + Int(length)
    offset = range.upperBound
    return range
  }

  private mutating func fixed<Number: FixedWidthInteger>(
    _ type: Number.Type
  ) throws(ProtobufError) -> Number {
    let size = MemoryLayout<Number>.size
    guard end - offset >= size else {
      throw ProtobufError(reason: "a fixed number runs past the end", offset: offset)
    }
    defer { offset += size }
    return Number(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: type))
  }
}
