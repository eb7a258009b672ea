/// Bytes as hexadecimal digits, two each, without blanks or prefix.
public enum Hexadecimal {
  private static let digits = Array("0123456789abcdef".utf8)

  /// The text in small letters.
  public static func encode(_ bytes: some Sequence<UInt8>) -> String {
    let text = bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    return String(decoding: text, as: UTF8.self)
  }

  /// The bytes of a text of `byteCount` bytes, in small or capital letters; nil for any other text.
  public static func decode(_ text: some StringProtocol, byteCount: Int) -> [UInt8]? {
    let characters = Array(text.utf8.prefix(2 * byteCount + 1))
    guard characters.count == 2 * byteCount else { return nil }
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: characters.count, by: 2) {
      guard let high = value(of: characters[index]), let low = value(of: characters[index + 1])
      else { return nil }
      bytes.append(high << 4 | low)
    }
    return bytes
  }

  private static func value(of character: UInt8) -> UInt8? {
    switch character {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
