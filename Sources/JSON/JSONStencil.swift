internal import CSimdJSON

/// The text of a JSON array or object without its numbers.
///
/// Who writes the same kind of value a thousand times writes the same text but for the numbers.
/// Such a text need not be parsed again: comparing it with the stencil and reading its numbers
/// tells as much, at the speed of a comparison.
///
/// A stencil is cut from bytes that nobody has checked. It says nothing about them until a text of
/// it, with any numbers, was parsed: then every text that matches is as good JSON as that one, and
/// differs from it in its numbers alone.
///
/// A class that owns its memory until `deinit`, so that a match of 100 ns counts no references.
public final class JSONStencil {
  /// The numbers that a text of this stencil has.
  public let numberCount: Int

  /// All that is not a number, one piece after another.
  private let literals: UnsafeMutableBufferPointer<CChar>
  /// The bytes of each piece: before the first number, between two, behind the last one. Shape:
  /// [numberCount + 1].
  private let lengths: UnsafeMutableBufferPointer<UInt32>

  /// Cuts the stencil of the array or object that begins at the first byte; nil when there is no
  /// bracket, or no end of the value within the limit.
  ///
  /// - Parameters:
  ///   - bytes: the value and whatever follows.
  ///   - byteCountMax: the longest value that is worth it.
  public init?(cutFrom bytes: UnsafeRawBufferPointer, byteCountMax: Int) {
    var cutter = StencilCutter(UnsafeRawBufferPointer(rebasing: bytes.prefix(byteCountMax)))
    guard cutter.cut() else { return nil }
    numberCount = cutter.lengths.count - 1
    literals = .allocate(capacity: cutter.literals.count)
    _ = literals.initialize(from: cutter.literals)
    lengths = .allocate(capacity: cutter.lengths.count)
    _ = lengths.initialize(from: cutter.lengths)
  }

  deinit {
    literals.deallocate()
    lengths.deallocate()
  }

  /// A text of this stencil, in which the numbers count up from `first`.
  public func text(numberedFrom first: Int) -> [UInt8] {
    var text: [UInt8] = []
    var start = 0
    for (index, length) in lengths.enumerated() {
      if index > 0 { text.append(contentsOf: String(first + index - 1).utf8) }
      text += literals[start..<start + Int(length)].map { UInt8(bitPattern: $0) }
      start += Int(length)
    }
    return text
  }

  /// Reads the numbers of a text of this stencil that begins at `start`.
  ///
  /// - Parameters:
  ///   - bytes: the text and whatever is around it.
  ///   - start: its first byte, at most `bytes.count`.
  ///   - numbers: where the numbers go, an integer beyond 2^53 rounded. Shape: [numberCount].
  ///     Holds anything afterwards when there is no match.
  /// - Returns: the index behind the text. Nil when the bytes are no text of this stencil; also
  ///   when a number needs a closer look: an integer of more than 18 digits, or one that no double
  ///   can hold.
  public func match(
    _ bytes: UnsafeRawBufferPointer, from start: Int, into numbers: UnsafeMutablePointer<Double>
  ) -> Int? {
    guard start < bytes.count, let base = bytes.baseAddress, let pieces = literals.baseAddress,
      let sizes = lengths.baseAddress
    else { return nil }
    var stencil = updraft_json_stencil(
      literals: pieces, lengths: sizes, number_count: numberCount)
    let text = (base + start).assumingMemoryBound(to: CChar.self)
    let length = updraft_json_stencil_match(&stencil, text, bytes.count - start, numbers)
    return length > 0 ? start + length : nil
  }
}

/// Finds the numbers of one array or object, byte by byte.
private struct StencilCutter {
  private(set) var literals: [CChar] = []
  private(set) var lengths: [UInt32] = []
  private let bytes: UnsafeRawBufferPointer
  private var position = 0
  private var pieceLength: UInt32 = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// Whether the value has an end.
  mutating func cut() -> Bool {
    guard let first = bytes.first, "[{".utf8.contains(first) else { return false }
    var depth = 0
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "\""): keepString()
      case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): skipNumber()
      case UInt8(ascii: "["), UInt8(ascii: "{"):
        depth += 1
        keep()
      case UInt8(ascii: "]"), UInt8(ascii: "}"):
        depth -= 1
        keep()
        if depth == 0 {
          endPiece()
          return true
        }
      default: keep()
      }
    }
    return false
  }

  private mutating func keep() {
    literals.append(CChar(bitPattern: bytes[position]))
    pieceLength += 1
    position += 1
  }

  private mutating func keepString() {
    keep()
    while position < bytes.count {
      let byte = bytes[position]
      keep()
      if byte == UInt8(ascii: "\"") { return }
      if byte == UInt8(ascii: "\\"), position < bytes.count { keep() }
    }
  }

  /// What is left out need not be a number: no text with something else there will match.
  private mutating func skipNumber() {
    endPiece()
    while position < bytes.count, "+-.0123456789Ee".utf8.contains(bytes[position]) { position += 1 }
  }

  private mutating func endPiece() {
    lengths.append(pieceLength)
    pieceLength = 0
  }
}
