/// The bytes of HTTP/2 frames, written by hand.
public enum WireFrame {
  /// The number of HEADERS; only DATA's is lower.
  public static let headersType: UInt8 = 1
  /// The flag of a stream's last frame.
  public static let endStream: UInt8 = 1
  /// The flag of a header block's last frame.
  public static let endHeaders: UInt8 = 4

  /// What a client begins with.
  public static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

  /// One frame of any type.
  public static func bytes(
    _ type: UInt8, flags: UInt8 = 0, stream: UInt8 = 0, _ payload: [UInt8] = []
  ) -> [UInt8] {
    let count = payload.count
    return [
      UInt8(count >> 16), UInt8(count >> 8 & 255), UInt8(count & 255), type, flags, 0, 0, 0, stream,
    ] + payload
  }

  /// SETTINGS that change nothing.
  public static let settings = bytes(4)

  /// GOAWAY with the last stream that is still answered.
  public static func goAway(last: UInt8) -> [UInt8] { bytes(7, [0, 0, 0, last, 0, 0, 0, 0]) }

  /// The head of a gRPC answer: `:status` 200 and the content type, uncompressed; further fields
  /// may follow.
  public static func answerHead(_ stream: UInt8, _ more: [UInt8] = []) -> [UInt8] {
    let grpc = [0x88, 0x0F, 0x10, 16] + Array("application/grpc".utf8)
    return bytes(headersType, flags: endHeaders, stream: stream, grpc + more)
  }

  /// `grpc-status: 0` as the end of a stream.
  public static func okTrailers(_ stream: UInt8) -> [UInt8] {
    bytes(
      headersType, flags: endStream | endHeaders, stream: stream, field("grpc-status", "0"))
  }

  /// A header field of at most 126 bytes a part, without compression.
  public static func field(_ name: String, _ value: String) -> [UInt8] {
    [0x00, UInt8(name.utf8.count)] + Array(name.utf8) + [UInt8(value.utf8.count)]
      + Array(value.utf8)
  }

  /// The types of the whole frames in `bytes`, behind the client's preface if there is one.
  public static func types(in bytes: [UInt8]) -> [UInt8] {
    var offset = bytes.starts(with: preface) ? preface.count : 0
    var types: [UInt8] = []
    while offset + 9 <= bytes.count {
      let length = bytes[offset..<offset + 3].reduce(0) { $0 << 8 | Int($1) }
      guard offset + 9 + length <= bytes.count else { break }
      types.append(bytes[offset + 3])
      offset += 9 + length
    }
    return types
  }
}
