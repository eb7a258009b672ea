/// Swift source with the insides of comments and strings replaced by spaces, line by line the same.
///
/// It knows nested comments, raw and multi-line strings and interpolations, whose code stays;
/// regular expression literals are taken for code.
struct MaskedSwift {
  private enum Mode: Equatable {
    case code(parentheses: Int)
    case lineComment
    case blockComment(depth: Int)
    case string(hashes: Int, multiline: Bool)
  }

  private let text: [Character]
  private var position = 0
  private var output: [Character] = []
  private var modes: [Mode] = [.code(parentheses: 0)]

  /// Masks a file's text.
  static func mask(_ source: String) -> String {
    var masked = MaskedSwift(source)
    while masked.position < masked.text.count { masked.step() }
    return String(masked.output)
  }

  private init(_ source: String) { text = Array(source) }

  private mutating func step() {
    switch modes[modes.count - 1] {
    case .code(let parentheses): stepInCode(parentheses)
    case .lineComment:
      if text[position].isNewline { modes.removeLast() }
      blank(1)
    case .blockComment(let depth):
      if looking(at: "*/") {
        depth == 1 ? leave() : enter(.blockComment(depth: depth - 1), replacing: true)
        blank(2)
      } else if looking(at: "/*") {
        enter(.blockComment(depth: depth + 1), replacing: true)
        blank(2)
      } else {
        blank(1)
      }
    case .string(let hashes, let multiline): stepInString(hashes, multiline)
    }
  }

  private mutating func stepInCode(_ parentheses: Int) {
    if looking(at: "//") {
      enter(.lineComment)
      return blank(2)
    }
    if looking(at: "/*") {
      enter(.blockComment(depth: 1))
      return blank(2)
    }
    var hashes = 0
    while position + hashes < text.count, text[position + hashes] == "#" { hashes += 1 }
    if position + hashes < text.count, text[position + hashes] == "\"" {
      let multiline = looking(at: "\"\"\"", after: hashes)
      enter(.string(hashes: hashes, multiline: multiline))
      return keep(hashes + (multiline ? 3 : 1))
    }
    let character = text[position]
    if character == "(" { enter(.code(parentheses: parentheses + 1), replacing: true) }
    if character == ")" {
      // The end of an interpolation gives the string back; a plain parenthesis only counts down.
      if parentheses == 0, modes.count > 1 {
        leave()
      } else {
        enter(.code(parentheses: max(0, parentheses - 1)), replacing: true)
      }
    }
    keep(1)
  }

  private mutating func stepInString(_ hashes: Int, _ multiline: Bool) {
    let marks = String(repeating: "#", count: hashes)
    let quotes = multiline ? "\"\"\"" : "\""
    if looking(at: quotes + marks) {
      leave()
      keep(quotes.count + hashes)
    } else if looking(at: "\\" + marks + "(") {
      blank(1 + hashes)
      enter(.code(parentheses: 0))
      keep(1)
    } else if looking(at: "\\" + marks), position + hashes + 1 < text.count {
      blank(hashes + 2)
    } else if text[position].isNewline, !multiline {
      leave()
      keep(1)
    } else {
      blank(1)
    }
  }

  private func looking(at expected: String, after offset: Int = 0) -> Bool {
    var index = position + offset
    for character in expected {
      guard index < text.count, text[index] == character else { return false }
      index += 1
    }
    return true
  }

  private mutating func enter(_ mode: Mode, replacing: Bool = false) {
    if replacing { modes.removeLast() }
    modes.append(mode)
  }

  private mutating func leave() { modes.removeLast() }

  private mutating func keep(_ count: Int) {
    output += text[position..<min(position + count, text.count)]
    position += count
  }

  private mutating func blank(_ count: Int) {
    for character in text[position..<min(position + count, text.count)] {
      output.append(character.isNewline ? character : " ")
    }
    position += count
  }
}
