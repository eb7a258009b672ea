/// A text as Python's `json.dumps` writes it: ASCII only, so that signed messages are the same
/// bytes whoever made them.
enum PythonText {
  /// `text` with its quotes; what is not printable ASCII is escaped, beyond U+FFFF as a pair.
  static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case "\u{8}": result += "\\b"
      case "\u{c}": result += "\\f"
      case " "..."\u{7f}": result.unicodeScalars.append(scalar)
      default: for unit in String(scalar).utf16 { result += escaped(unit) }
      }
    }
    return result + "\""
  }

  private static func escaped(_ unit: UInt16) -> String {
    let digits = String(unit, radix: 16)
    return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
  }
}
