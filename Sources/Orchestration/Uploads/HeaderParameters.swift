/// A header's value and its parameters: `form-data; name="a"; filename="b.py"`.
///
/// Names and the value are in lower case; a quoted text keeps its case, `\"` in it is a quote.
struct HeaderParameters: Hashable {
  /// What stands before the first semicolon.
  let value: String
  private var parameters: [String: String] = [:]

  /// Nil for a quote that isn't closed, and for a parameter that is there twice: two readers could
  /// take different ones.
  init?(_ text: some StringProtocol) {
    guard let pieces = Self.pieces(String(text)) else { return nil }
    value = Self.trimmed(pieces.first ?? "").lowercased()
    for piece in pieces.dropFirst() {
      guard let equals = piece.firstIndex(of: "=") else { continue }
      let name = Self.trimmed(piece[..<equals]).lowercased()
      let given = Self.unquoted(Self.trimmed(piece[piece.index(after: equals)...]))
      guard parameters[name] == nil else { return nil }
      parameters[name] = given
    }
    // A name in another character set (RFC 8187): `filename*=UTF-8''na%C3%AFve.ipynb`.
    if let extended = parameters["filename*"], parameters["filename"] == nil {
      parameters["filename"] = extended.split(separator: "'", omittingEmptySubsequences: false).last
        .map(String.init)
    }
  }

  subscript(name: String) -> String? { parameters[name] }

  /// The pieces between semicolons that stand in no quotes.
  private static func pieces(_ text: String) -> [Substring]? {
    var pieces: [Substring] = []
    var start = text.startIndex
    var isQuoted = false
    var isEscaped = false
    for index in text.indices {
      let character = text[index]
      if isEscaped {
        isEscaped = false
      } else if isQuoted, character == "\\" {
        isEscaped = true
      } else if character == "\"" {
        isQuoted.toggle()
      } else if character == ";", !isQuoted {
        pieces.append(text[start..<index])
        start = text.index(after: index)
      }
    }
    return isQuoted ? nil : pieces + [text[start...]]
  }

  private static func trimmed(_ text: Substring) -> Substring {
    let start = text.drop { $0 == " " || $0 == "\t" }
    guard let last = start.lastIndex(where: { $0 != " " && $0 != "\t" }) else { return "" }
    return start[...last]
  }

  private static func unquoted(_ text: Substring) -> String {
    guard text.count >= 2, text.first == "\"", text.last == "\"" else { return String(text) }
    var result = ""
    var isEscaped = false
    for character in text.dropFirst().dropLast() {
      if !isEscaped, character == "\\" {
        isEscaped = true
      } else {
        result.append(character)
        isEscaped = false
      }
    }
    return result
  }
}
