/// Builds a protobuf message in memory, field by field in the order of the calls.
///
/// Like Python's encoder it leaves out nothing by itself: the caller skips default values.
public struct ProtobufWriter {
  /// The message so far.
  public private(set) var bytes: [UInt8] = []

  /// Starts an empty message.
  public init() {}

  /// Appends an integer, boolean or enumeration field.
  public mutating func varint(_ number: Int, _ value: UInt64) {
    append(varint: UInt64(number) << 3)
    append(varint: value)
  }

  /// Appends a bytes field.
  public mutating func bytes(_ number: Int, _ value: some Collection<UInt8>) {
    append(varint: UInt64(number) << 3 | 2)
    append(varint: UInt64(value.count))
    bytes.append(contentsOf: value)
  }

  /// Appends a text field.
  public mutating func text(_ number: Int, _ value: String) {
    var value = value
    value.withUTF8 { bytes(number, $0) }
  }

  /// Appends a message field that `build` fills.
  public mutating func message(_ number: Int, _ build: (inout ProtobufWriter) -> Void) {
    var inner = ProtobufWriter()
    build(&inner)
    bytes(number, inner.bytes)
  }

  private mutating func append(varint value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}
