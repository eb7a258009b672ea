/// Text from outside made fit for one line of a log, a table or an error.
public enum OneLine {
  /// `text` with its control characters escaped (`\n`, `\t`, `\u001b`), so that it can neither
  /// begin a line of its own nor drive a terminal.
  public static func escaped(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isControl) else { return text }
    var line = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\n": line += "\\n"
      case "\r": line += "\\r"
      case "\t": line += "\\t"
      case _ where isControl(scalar): line += hexadecimal(scalar)
      default: line.unicodeScalars.append(scalar)
      }
    }
    return line
  }

  /// Whether `scalar` is an ASCII or Latin-1 control character.
  static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value)
  }

  /// `\u001b`: the escape that JSON reads, too.
  static func hexadecimal(_ scalar: Unicode.Scalar) -> String {
    let digits = String(scalar.value, radix: 16)
    return "\\u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }
}
