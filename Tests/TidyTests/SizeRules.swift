/// How long files, lines and functions may be.
enum SizeRules {
  /// Lines of a Swift or C file: ~300, and some leave to end what one is saying.
  static let fileLinesMax = 320
  /// Columns of a line of code.
  static let columnsMax = 100
  /// Lines of a function from its opening to its closing brace.
  static let functionLinesMax = 70

  static func fileLength(_ file: SourceFile) -> [Finding] {
    let count = file.lines.last?.isEmpty == true ? file.lines.count - 1 : file.lines.count
    guard file.isCompiled, count > fileLinesMax else { return [] }
    return [file.finding("file length", line: count - 1, "\(count) lines, at most \(fileLinesMax)")]
  }

  static func lineLength(_ file: SourceFile) -> [Finding] {
    guard file.isCompiled || file.isScript else { return [] }
    return file.lines.enumerated().compactMap { index, line in
      line.count <= columnsMax
        ? nil
        : file.finding("line length", line: index, "\(line.count) columns, at most \(columnsMax)")
    }
  }

  /// Finds functions by their keyword and counts braces; closures and types may be longer.
  static func functionLength(_ file: SourceFile) -> [Finding] {
    var findings: [Finding] = []
    for (start, line) in file.code.enumerated() where opensFunction(line) {
      guard let end = endOfBody(in: file.code, from: start) else { continue }
      let count = end - start + 1
      if count > functionLinesMax {
        let text = "\(count) lines, at most \(functionLinesMax)"
        findings.append(file.finding("function length", line: start, text))
      }
    }
    return findings
  }

  private static func opensFunction(_ line: Substring) -> Bool {
    let words = line.split { !($0.isLetter || $0.isNumber || $0 == "_") }
    return words.contains("func") || words.contains("deinit") || words.contains("subscript")
      || line.contains(/\binit[?!]?[(<]/) && !line.contains(/\.init[?!]?[(<]/)
  }

  /// The line on which the braces that open behind `start` are closed again; nil for a requirement
  /// of a protocol, which has none before the next declaration.
  private static func endOfBody(in code: [Substring], from start: Int) -> Int? {
    var depth = 0
    var opened = false
    for index in start..<code.count {
      if !opened, index > start, opensFunction(code[index]) { return nil }
      for character in code[index] {
        if character == "{" {
          depth += 1
          opened = true
        } else if character == "}" {
          depth -= 1
          if depth < 0 { return nil }
          if opened, depth == 0 { return index }
        }
      }
    }
    return nil
  }
}
