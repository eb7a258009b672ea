/// Collects the bytes of an HTTP head, up to its blank line and a limit.
struct HTTPHeadReader {
  /// How far the head has come. `incomplete` may become any other; the others are final.
  enum Progress: Equatable {
    /// More bytes are needed.
    case incomplete
    /// The blank line was read; bytes after it were left alone.
    case complete
    /// The limit was reached before the blank line.
    case tooLarge
    /// A byte that no HTTP head can hold.
    case notHTTP
  }

  private(set) var bytes: [UInt8] = []
  private let bytesMax: Int
  private var blankLineMatchCount = 0

  /// A reader of heads of at most `bytesMax` bytes, the blank line included.
  init(bytesMax: Int) { self.bytesMax = bytesMax }

  /// Takes bytes off the start of `input` until the progress is final or the input is used up.
  mutating func read(_ input: inout UnsafeRawBufferPointer) -> Progress {
    let blankLine: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A]
    for (index, byte) in input.enumerated() {
      guard bytes.count < bytesMax else { return .tooLarge }
      guard HTTPHead.isAllowed(byte) else {
        bytes.append(contentsOf: input[index...].prefix(bytesMax - bytes.count))
        return .notHTTP
      }
      bytes.append(byte)
      if byte == blankLine[blankLineMatchCount] {
        blankLineMatchCount += 1
      } else {
        blankLineMatchCount = byte == 0x0D ? 1 : 0
      }
      if blankLineMatchCount == blankLine.count {
        input = UnsafeRawBufferPointer(rebasing: input[(index + 1)...])
        return .complete
      }
    }
    input = UnsafeRawBufferPointer(rebasing: input[input.count...])
    return bytes.count < bytesMax ? .incomplete : .tooLarge
  }

  /// The first bytes in quotes, for messages; what is not printable ASCII is shown as `.`.
  var excerpt: String {
    let shown = bytes.prefix(24).map { (0x20..<0x7F).contains($0) ? $0 : UInt8(ascii: ".") }
    return "\"\(String(decoding: shown, as: UTF8.self))\(bytes.count > 24 ? "…" : "")\""
  }
}
