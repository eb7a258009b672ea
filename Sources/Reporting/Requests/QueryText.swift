/// The parameters of an address, decoded as HTML forms encode them: `a=1&b=x+y&b=%C3%A9`.
///
/// Nothing is refused: a broken escape stands for itself, bytes that are no UTF-8 become U+FFFD, a
/// name without `=` has an empty value. Shape of a name's values: in their order.
public struct QueryText: Sendable {
  /// Names and values in their order.
  public let fields: [(name: String, value: String)]

  /// Reads what stands behind the `?`.
  public init(_ text: some StringProtocol) {
    fields = text.utf8.split(separator: UInt8(ascii: "&")).map { part in
      let equals = part.firstIndex(of: UInt8(ascii: "="))
      let name = Self.decoded(part[..<(equals ?? part.endIndex)])
      let value = equals.map { Self.decoded(part[part.index(after: $0)...]) } ?? ""
      return (name, value)
    }
  }

  /// The values of `name`, in their order.
  public func all(_ name: String) -> [String] {
    fields.filter { $0.name == name }.map(\.value)
  }

  /// The value that counts when `name` takes a single one: the last.
  public func last(_ name: String) -> String? { fields.last { $0.name == name }?.value }

  /// The text behind `%41`-escapes and plus signs.
  static func decoded(_ text: some Collection<UInt8>) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count)
    var rest = text[...]
    while let byte = rest.first {
      rest = rest.dropFirst()
      let digits = rest.prefix(2)
      if byte == UInt8(ascii: "%"), digits.count == 2, let high = digits.first?.hexDigit,
        let low = digits.dropFirst().first?.hexDigit
      {
        bytes.append(high << 4 | low)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension UInt8 {
  fileprivate var hexDigit: UInt8? {
    switch self {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
