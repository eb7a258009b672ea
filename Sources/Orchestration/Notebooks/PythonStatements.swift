/// Splits Python source into its statements at the top level, as far as it must be read for that:
/// strings, brackets, comments, joined lines and indentation.
struct PythonStatements {
  /// One piece of the source.
  enum Piece: Hashable {
    /// An empty line or a comment of its own.
    case line(String)
    /// Statements on one logical line, separated by semicolons; shape: [statementCount], with the
    /// comment that stands behind them.
    case simple(lines: [String], statements: [String], comment: String?)
    /// A statement with a block: decorators, header, body, further clauses.
    case block(lines: [String], isDefinition: Bool)
  }

  /// The pieces in their order; together their lines are the source's.
  private(set) var pieces: [Piece] = []

  private let lines: [String]
  private var next = 0

  /// Reads the lines of a cell.
  ///
  /// - Throws: `PythonFault` with the line, for what isn't closed or is indented for no reason.
  init(_ lines: [String]) throws(PythonFault) {
    self.lines = lines
    while next < lines.count { try readPiece() }
  }

  private mutating func readPiece() throws(PythonFault) {
    let line = lines[next]
    if Self.isEmptyOrComment(line) {
      pieces.append(.line(line))
      next += 1
      return
    }
    guard line.first?.isWhitespace != true else {
      throw PythonFault(line: next + 1, reason: "unexpected indentation")
    }
    let start = next
    let head = try readLogicalLine()
    var opener = head
    // Decorators belong to what they decorate.
    while opener.statements.first?.hasPrefix("@") == true {
      skipEmptyLines()
      guard next < lines.count else {
        throw PythonFault(line: start + 1, reason: "a decorator decorates nothing")
      }
      opener = try readLogicalLine()
    }
    let word = Self.firstWord(opener.statements.first ?? "")
    guard Self.opensBlock(word, opener) else {
      pieces.append(
        .simple(
          lines: Array(lines[start..<next]), statements: opener.statements,
          comment: opener.comment))
      return
    }
    try readBlock()
    pieces.append(
      .block(
        lines: Array(lines[start..<next]),
        isDefinition: Self.isDefinition(word, opener.statements.first ?? "")))
  }

  /// The indented lines that follow, and the clauses that go on with the statement.
  private mutating func readBlock() throws(PythonFault) {
    while true {
      let end = next
      skipEmptyLines()
      guard next < lines.count else { return next = end }
      let line = lines[next]
      let goesOn =
        line.first?.isWhitespace == true
        || ["elif", "else", "except", "finally"].contains(Self.firstWord(line))
      guard goesOn else { return next = end }
      _ = try readLogicalLine()
    }
  }

  private mutating func skipEmptyLines() {
    while next < lines.count, Self.isEmptyOrComment(lines[next]) { next += 1 }
  }

  private static func isEmptyOrComment(_ line: String) -> Bool {
    let text = line.drop(while: \.isWhitespace)
    return text.isEmpty || text.hasPrefix("#")
  }

  private static func firstWord(_ text: String) -> String {
    String(text.prefix { $0 == "_" || $0.isLetter || $0.isNumber })
  }

  private static func opensBlock(_ word: String, _ line: LogicalLine) -> Bool {
    switch word {
    case "def", "class", "async", "if", "for", "while", "with", "try": true
    // A word like any other unless a block follows.
    case "match": line.statements.last?.hasSuffix(":") == true
    default: false
    }
  }

  private static func isDefinition(_ word: String, _ text: String) -> Bool {
    if word == "def" || word == "class" { return true }
    return word == "async" && firstWord(String(text.dropFirst(5).drop { $0 == " " })) == "def"
  }

  private struct LogicalLine {
    var statements: [String] = []
    var comment: String?
  }

  /// Reads on until the logical line ends: brackets and strings closed, no backslash at the end.
  private mutating func readLogicalLine() throws(PythonFault) -> LogicalLine {
    let start = next
    var result = LogicalLine()
    var scan = PythonLineScan()
    repeat {
      guard next < lines.count else {
        throw PythonFault(line: start + 1, reason: "\(scan.openThing) isn't closed")
      }
      do {
        try scan.take(lines[next])
      } catch {
        throw PythonFault(line: next + 1, reason: error.reason)
      }
      next += 1
    } while !scan.isComplete
    result.statements = scan.statements
    result.comment = scan.comment
    return result
  }
}

/// Why Python source can't be split.
struct PythonFault: Error, Hashable, Sendable {
  /// The line of the cell, from 1.
  let line: Int
  let reason: String
}
