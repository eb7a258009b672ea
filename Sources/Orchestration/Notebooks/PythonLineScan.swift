/// Follows strings, brackets and comments through the physical lines of one logical line.
struct PythonLineScan {
  /// The comment at the end, without its `#`.
  private(set) var comment: String?

  private var finished: [String] = []
  private var current = ""
  private var brackets: [Character] = []
  /// The quotes that end the open string: one or three.
  private var quote: String?
  private var isJoined = false

  /// Whether the logical line ended with the last physical one.
  var isComplete: Bool { brackets.isEmpty && quote == nil && !isJoined }

  /// The statements between semicolons, blanks around them removed.
  var statements: [String] {
    (finished + [current]).map(Self.trimmed).filter { !$0.isEmpty }
  }

  /// What is open, for a message.
  var openThing: String { quote.map { "a string that begins with \($0)" } ?? "a bracket" }

  /// Takes the next physical line.
  mutating func take(_ line: String) throws(PythonFault) {
    if !current.isEmpty { current.append("\n") }
    isJoined = false
    var rest = Substring(line)
    while let character = rest.first {
      if quote != nil {
        passString(&rest)
      } else if character == "#" {
        comment = Self.trimmed(String(rest.drop { $0 == "#" }))
        return
      } else if character == "\\", rest.dropFirst().allSatisfy({ $0 == "\r" }) {
        isJoined = true
        return
      } else {
        try passCode(character, &rest)
      }
    }
    if let quote, quote.count == 1 {
      // A string of one line may go on only behind a backslash.
      guard line.hasSuffix("\\") else {
        throw PythonFault(line: 0, reason: "a string that begins with \(quote) isn't closed")
      }
    }
  }

  private mutating func passString(_ rest: inout Substring) {
    guard let quote else { return }
    if rest.hasPrefix("\\") {
      current += rest.prefix(2)
      rest = rest.dropFirst(2)
    } else if rest.hasPrefix(quote) {
      current += quote
      rest = rest.dropFirst(quote.count)
      self.quote = nil
    } else {
      current.append(rest.removeFirst())
    }
  }

  private mutating func passCode(
    _ character: Character, _ rest: inout Substring
  ) throws(PythonFault) {
    switch character {
    case "\"", "'":
      let triple = String(repeating: character, count: 3)
      let quote = rest.hasPrefix(triple) ? triple : String(character)
      self.quote = quote
      current += quote
      rest = rest.dropFirst(quote.count)
      return
    case "(", "[", "{": brackets.append(character)
    case ")", "]", "}":
      let pairs: [Character: Character] = [")": "(", "]": "[", "}": "{"]
      guard brackets.popLast() == pairs[character] else {
        throw PythonFault(line: 0, reason: "\(character) closes nothing")
      }
    case ";" where brackets.isEmpty:
      finished.append(current)
      current = ""
      rest = rest.dropFirst()
      return
    default: break
    }
    current.append(rest.removeFirst())
  }

  private static func trimmed(_ text: String) -> String {
    let start = text.drop(while: \.isWhitespace)
    guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
    return String(start[...last])
  }
}
