/// Adds header fields to the head of every answer in a stream of HTTP/2 frames, and passes
/// everything else on as it is.
///
/// The fields are appended to a head as one more CONTINUATION frame. Written as literals that no
/// table remembers (RFC 7541, section 6.2.3), they mean the same whatever the tables of both ends
/// hold: nothing has to be decoded, and a connection needs nine bytes of memory here. A head that
/// ends its stream is the trailers, or an error without a message: those are left as they are.
struct HeadInjector {
  /// The fields that are added, as they are coded, bytes: one frame of the smallest allowed size.
  static let fieldBytesMax = 12 << 10

  private static let headBytes = 9
  private static let headers: UInt8 = 1
  private static let continuation: UInt8 = 9
  private static let endStream: UInt8 = 0x1
  private static let endHeaders: UInt8 = 0x4

  private let fields: [UInt8]
  private var head: [UInt8] = []
  private var payloadLeft = 0
  /// Whether the header block that is under way is an answer's head.
  private var isAnswer = false
  /// Whether the fields follow the payload that is under way.
  private var isDue = false

  /// - Parameter fields: What `coded` made.
  init(_ fields: [UInt8]) { self.fields = fields }

  /// Fields as HPACK has them; nil when they take more than `fieldBytesMax`.
  static func coded(_ fields: [(name: String, value: String)]) -> [UInt8]? {
    var bytes: [UInt8] = []
    for field in fields {
      bytes.append(0x10)
      for text in [field.name, field.value] {
        append(length: text.utf8.count, to: &bytes)
        bytes += text.utf8
      }
    }
    return bytes.count <= fieldBytesMax ? bytes : nil
  }

  /// Passes bytes of the model on to `output`.
  mutating func pass(_ bytes: UnsafeRawBufferPointer, to output: inout [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty {
      if payloadLeft > 0 {
        let part = rest.prefix(payloadLeft)
        output += part
        payloadLeft -= part.count
        rest = rest.dropFirst(part.count)
      } else {
        let part = rest.prefix(Self.headBytes - head.count)
        head += part
        rest = rest.dropFirst(part.count)
        if head.count < Self.headBytes { return }
        passHead(to: &output)
      }
      if payloadLeft == 0 { frameDidEnd(&output) }
    }
  }

  private mutating func passHead(to output: inout [UInt8]) {
    payloadLeft = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
    let (type, flags) = (head[3], head[4])
    if type == Self.headers { isAnswer = flags & Self.endStream == 0 }
    if type == Self.headers || type == Self.continuation, isAnswer, flags & Self.endHeaders != 0 {
      isAnswer = false
      isDue = true
      head[4] = flags & ~Self.endHeaders
    }
    output += head
  }

  private mutating func frameDidEnd(_ output: inout [UInt8]) {
    if isDue {
      isDue = false
      let count = fields.count
      output += [
        UInt8(count >> 16), UInt8(count >> 8 & 0xff), UInt8(count & 0xff), Self.continuation,
        Self.endHeaders,
      ]
      output += head[5...]
      output += fields
    }
    head.removeAll(keepingCapacity: true)
  }

  /// An integer with a prefix of 7 bits (RFC 7541, section 5.1).
  private static func append(length: Int, to bytes: inout [UInt8]) {
    guard length >= 127 else { return bytes.append(UInt8(length)) }
    bytes.append(127)
    var rest = length - 127
    while rest >= 128 {
      bytes.append(UInt8(rest % 128 + 128))
      rest /= 128
    }
    bytes.append(UInt8(rest))
  }
}
