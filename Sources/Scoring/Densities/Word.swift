/// A short ASCII word in 16 bytes, so that names in JSON are told apart without looking at them
/// twice: 15 bytes of text, padded with zeros, and its length.
struct Word: Hashable {
  private let low: UInt64
  private let high: UInt64

  static let byteCountMax = 15

  /// Nil for a text of more than 15 bytes, which is none of ours.
  @inline(__always)
  init?(_ text: UnsafeRawBufferPointer) {
    let count = text.count
    guard count <= Self.byteCountMax else { return nil }
    // Two loads that overlap take a text of any length without reading past its end.
    switch count {
    case 9...:
      low = text.loadUnaligned(as: UInt64.self)
      let rest = text.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
      high = rest &>> UInt64(8 * (16 - count)) & Self.textMask | Self.tag(count)
      return
    case 4...:
      let start = UInt64(text.loadUnaligned(as: UInt32.self))
      let rest = UInt64(text.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self))
      low = start | rest &<< UInt64(8 * (count - 4))
    default:
      var bytes: UInt64 = 0
      for index in 0..<count { bytes |= UInt64(text[index]) &<< UInt64(8 * index) }
      low = bytes
    }
    high = Self.tag(count)
  }

  private static let textMask: UInt64 = 0x00FF_FFFF_FFFF_FFFF

  @inline(__always)
  private static func tag(_ count: Int) -> UInt64 { UInt64(count) &<< 56 }

  /// For the vocabulary: `text` must be ASCII of at most 15 bytes.
  init(_ text: StaticString) {
    precondition(text.utf8CodeUnitCount <= Self.byteCountMax)
    var bytes = (UInt64(0), UInt64(0))
    text.withUTF8Buffer { buffer in
      for (index, byte) in buffer.enumerated() {
        let shifted = UInt64(byte) << UInt64(8 * (index % 8))
        if index < 8 { bytes.0 |= shifted } else { bytes.1 |= shifted }
      }
    }
    low = bytes.0
    high = bytes.1 | Self.tag(text.utf8CodeUnitCount)
  }
}
