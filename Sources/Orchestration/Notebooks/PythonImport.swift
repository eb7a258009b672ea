/// The modules that an import statement names.
enum PythonImport {
  /// Whether a statement is an import.
  static func isImport(_ statement: String) -> Bool {
    let word = statement.prefix { !$0.isWhitespace && $0 != "(" && $0 != "." }
    return word == "import" || word == "from"
  }

  /// The first parts of the modules' names, in their order; none for relative imports.
  static func modules(of statement: String) -> [String] {
    let words = statement.split { $0.isWhitespace || $0 == "\\" || $0 == "(" || $0 == ")" }
    guard let first = words.first else { return [] }
    if first == "from" { return words.count > 1 ? [top(words[1])].filter { !$0.isEmpty } : [] }
    return words.dropFirst().joined(separator: " ").split(separator: ",").compactMap { part in
      part.split(separator: " ").first.map(top)
    }.filter { !$0.isEmpty }
  }

  /// `numpy` of `numpy.random`; empty for `.own`.
  private static func top(_ name: some StringProtocol) -> String {
    String(name.prefix { $0 != "." })
  }
}
