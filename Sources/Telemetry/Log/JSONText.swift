/// Writes JSON strings and numbers; parsing is the `JSON` module's work.
public enum JSONText {
  /// Appends `text` as a JSON string, quotes included: control characters are escaped, all
  /// others stay as they are (UTF-8).
  public static func append(_ text: String, to line: inout String) {
    line.append("\"")
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": line.append("\\\"")
      case "\\": line.append("\\\\")
      case "\n": line.append("\\n")
      case "\r": line.append("\\r")
      case "\t": line.append("\\t")
      case _ where OneLine.isControl(scalar): line.append(OneLine.hexadecimal(scalar))
      default: line.unicodeScalars.append(scalar)
      }
    }
    line.append("\"")
  }

  /// The JSON string of `text`, quotes included.
  public static func string(_ text: String) -> String {
    var line = ""
    append(text, to: &line)
    return line
  }

  /// The JSON number of `value`, `null` when it is not finite.
  public static func number(_ value: Double) -> String {
    value.isFinite ? "\(value)" : "null"
  }
}
