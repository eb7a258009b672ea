/// Percent-encoding of request paths (RFC 3986, section 2.1).
enum RequestPath {
  private static let digits = Array("0123456789ABCDEF".utf8)

  /// The path as it stands in a request line; a leading slash is added when it lacks one, and every
  /// byte that may not stand in a path, `%` and `?` included, is encoded.
  static func encode(_ path: String) -> String {
    let bytes = path.utf8.flatMap { byte -> [UInt8] in
      isPlain(byte) || "/!$&'()*+,;=:@".utf8.contains(byte) ? [byte] : escape(byte)
    }
    let text = String(decoding: bytes, as: UTF8.self)
    return text.hasPrefix("/") ? text : "/" + text
  }

  /// The host as it stands in a `Host` field: an IPv6 address in brackets, other bytes that no host
  /// name holds encoded, so that it can never break the head.
  static func encode(host: String) -> String {
    let isIPv6 = host.utf8.contains(UInt8(ascii: ":")) && !host.hasPrefix("[")
    let allowed = isIPv6 || host.hasPrefix("[") ? ":[]".utf8 : "".utf8
    let bytes = host.utf8.flatMap { byte -> [UInt8] in
      isPlain(byte) || allowed.contains(byte) ? [byte] : escape(byte)
    }
    let text = String(decoding: bytes, as: UTF8.self)
    return isIPv6 ? "[\(text)]" : text
  }

  /// The path of a request target, decoded, its query cut off; nil when the target is not a path,
  /// or decodes to control characters or to bytes that are not UTF-8.
  static func decode(target: Substring) -> String? {
    guard target.hasPrefix("/") else { return nil }
    var bytes: [UInt8] = []
    var rest = target.utf8.prefix { $0 != UInt8(ascii: "?") }
    while let byte = rest.popFirst() {
      var decoded = byte
      if byte == UInt8(ascii: "%") {
        guard let high = digit(rest.popFirst()), let low = digit(rest.popFirst()) else {
          return nil
        }
        decoded = high << 4 | low
      }
      guard decoded >= 0x20, decoded != 0x7F else { return nil }
      bytes.append(decoded)
    }
    return String(validating: bytes, as: UTF8.self)
  }

  private static func digit(_ byte: UInt8?) -> UInt8? {
    guard let byte, let value = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
    return UInt8(value)
  }

  private static func escape(_ byte: UInt8) -> [UInt8] {
    [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 0xF)]]
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "-._~".utf8.contains(byte)
    }
  }
}
