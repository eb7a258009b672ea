/// The head of an HTTP/1.1 request or answer: its first line and its fields.
struct HTTPHead: Equatable {
  /// The request line or the status line, without its line end.
  let startLine: String
  /// The fields in their order; names in lower case, values without white space around them.
  let fields: [(name: String, value: String)]

  static func == (left: HTTPHead, right: HTTPHead) -> Bool {
    left.startLine == right.startLine && left.fields.elementsEqual(right.fields, by: ==)
  }

  /// Reads a head; nil when a line breaks HTTP's grammar (RFC 9112, sections 2 to 5). Line folding,
  /// bare line feeds and white space before the colon are refused.
  init?(_ bytes: some Collection<UInt8>) {
    guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
    var lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
    // The head ends with an empty line, after which the split yields one more, empty too.
    guard lines.popLast()?.isEmpty == true,
      lines.popLast()?.elementsEqual("\r".unicodeScalars)
        == true, !lines.isEmpty
    else { return nil }
    var contents: [String] = []
    for line in lines {
      guard line.last == "\r" else { return nil }
      let content = line.dropLast()
      guard content.allSatisfy(Self.isAllowedInLine) else { return nil }
      contents.append(String(content))
    }
    startLine = contents.removeFirst()
    var fields: [(name: String, value: String)] = []
    for line in contents {
      guard let field = Self.field(line) else { return nil }
      fields.append(field)
    }
    self.fields = fields
  }

  /// The values of all fields of that (lower-case) name.
  func values(of name: String) -> [String] { fields.filter { $0.name == name }.map(\.value) }

  /// The value of the one field of that name; nil when there is none or more than one.
  func soleValue(of name: String) -> String? {
    let values = values(of: name)
    return values.count == 1 ? values.first : nil
  }

  /// Whether the comma-separated lists under that name hold the (lower-case) token.
  func hasToken(_ token: String, in name: String) -> Bool {
    values(of: name).contains { list in
      list.split(separator: ",").contains { trim($0[...]).lowercased() == token }
    }
  }

  /// Whether a byte may stand anywhere in a head; false shows at once that it is no HTTP.
  static func isAllowed(_ byte: UInt8) -> Bool {
    byte >= 0x20 && byte != 0x7F || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
      || byte == UInt8(ascii: "\n")
  }

  private static func isAllowedInLine(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value >= 0x20 && scalar.value != 0x7F || scalar == "\t"
  }

  private static func field(_ line: String) -> (name: String, value: String)? {
    guard let colon = line.firstIndex(of: ":") else { return nil }
    let name = line[..<colon]
    guard !name.isEmpty, name.utf8.allSatisfy(isTokenByte) else { return nil }
    return (name.lowercased(), String(trim(line[line.index(after: colon)...])))
  }

  private static func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
  }
}

/// The text without the spaces and tabs around it.
private func trim(_ text: Substring) -> Substring {
  var rest = text.drop { $0 == " " || $0 == "\t" }
  while rest.last == " " || rest.last == "\t" { rest.removeLast() }
  return rest
}
