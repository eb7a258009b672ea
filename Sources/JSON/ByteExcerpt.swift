/// A short, printable piece of foreign bytes, for messages.
enum ByteExcerpt {
  private static let bytesMax = 40

  /// The first bytes in quotes, control characters and bad UTF-8 replaced, cut with `…`.
  static func start(of bytes: UnsafeRawBufferPointer) -> String {
    quote(bytes, 0..<bytes.count)
  }

  /// The bytes of `range` in quotes, control characters and bad UTF-8 replaced, cut with `…`.
  static func quote(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> String {
    let cut = range.prefix(bytesMax)
    let text = String(decoding: UnsafeRawBufferPointer(rebasing: bytes[cut]), as: UTF8.self)
    var shown = ""
    for scalar in text.unicodeScalars {
      let isPrintable = scalar.value >= 0x20 && !(0x7F..<0xA0).contains(scalar.value)
      shown.unicodeScalars.append(isPrintable ? scalar : "\u{FFFD}")
    }
    return "'\(shown)\(cut.count < range.count ? "…" : "")'"
  }
}
