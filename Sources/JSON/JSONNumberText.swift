/// A word that follows JSON's grammar of numbers (RFC 8259, section 6).
struct JSONNumberText {
  /// Whether the number fits 64 bits (integers, signed or not) or a finite double (all others).
  let isRepresentable: Bool

  /// Nil when the word does not follow the grammar.
  init?(_ word: String) {
    var rest = word.utf8[...]
    _ = Self.take("-", &rest)
    let integer = Self.takeDigits(&rest)
    guard let first = integer.first, integer.count == 1 || first != UInt8(ascii: "0") else {
      return nil
    }
    var isInteger = true
    if Self.take(".", &rest) {
      guard !Self.takeDigits(&rest).isEmpty else { return nil }
      isInteger = false
    }
    if Self.take("e", &rest) || Self.take("E", &rest) {
      _ = Self.take("+", &rest) || Self.take("-", &rest)
      guard !Self.takeDigits(&rest).isEmpty else { return nil }
      isInteger = false
    }
    guard rest.isEmpty else { return nil }
    isRepresentable =
      if isInteger {
        Int64(word) != nil || UInt64(word) != nil
      } else {
        Double(word)?.isFinite ?? false
      }
  }

  private static func take(_ scalar: Unicode.Scalar, _ rest: inout Substring.UTF8View) -> Bool {
    guard rest.first == UInt8(ascii: scalar) else { return false }
    rest.removeFirst()
    return true
  }

  private static func takeDigits(_ rest: inout Substring.UTF8View) -> Substring.UTF8View {
    let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    rest.removeFirst(digits.count)
    return digits
  }
}
