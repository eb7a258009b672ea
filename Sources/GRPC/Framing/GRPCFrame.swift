public import Competition

/// gRPC's message frame: one byte that says "compressed", four bytes of length, the message.
public enum GRPCFrame {
  /// The bytes before each message.
  public static let prefixBytes = 5

  /// Frames a message as one block that every connection of a round can send.
  public static func encode(_ message: some Collection<UInt8>) -> SharedBytes {
    let block = SharedBytes(capacity: prefixBytes + message.count)
    var prefix: [UInt8] = [0]
    withUnsafeBytes(of: UInt32(message.count).bigEndian) { prefix.append(contentsOf: $0) }
    prefix.withUnsafeBytes { _ = block.append($0) }
    if message.withContiguousStorageIfAvailable({
      _ = block.append(UnsafeRawBufferPointer($0))
    }) == nil {
      Array(message).withUnsafeBytes { _ = block.append($0) }
    }
    return block
  }
}
