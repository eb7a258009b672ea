/// What a model wrote, and its own errors in it.
struct TryOutput: Hashable, Sendable {
  /// The lines of one error that are shown; Python's tracebacks name the cause at their end.
  static let errorLinesMax = 40
  /// The different errors that are shown.
  static let errorsMax = 3
  /// The lines that are shown of a model that failed without an error of its own.
  static let tailLinesMax = 20

  /// The model's lines without the orchestrator's own. Shape: [lineCount].
  let lines: [String]

  /// Reads a model's log: each line with a time before it, the orchestrator's between dashes.
  init(log: String) {
    lines = log.split(separator: "\n", omittingEmptySubsequences: false).compactMap { line in
      guard let blank = line.firstIndex(of: " ") else { return nil }
      let text = line[line.index(after: blank)...]
      return text.hasPrefix("--- ") && text.hasSuffix(" ---") ? nil : String(text)
    }
  }

  /// The runner's errors with their tracebacks, each once, in order.
  ///
  /// - Parameter showsEnd: Whether what was written last is told when there is no error.
  /// - Returns: The lines of each error.
  func explanation(showsEnd: Bool) -> [[String]] {
    var errors: [[String]] = []
    var isError = false
    for line in lines {
      if Self.startsRecord(line) {
        isError = line.hasPrefix("ERROR") || line.hasPrefix("CRITICAL")
        if isError { errors.append([]) }
      } else if !isError, line.hasPrefix("Traceback (most recent call last)") {
        // Of the interpreter itself, or printed by the participant.
        isError = true
        errors.append([])
      }
      if isError { errors[errors.count - 1].append(line) }
    }
    var different: [[String]] = []
    for error in errors where !different.contains(error) { different.append(error) }
    if different.isEmpty, showsEnd, !lines.isEmpty {
      return [Array(lines.suffix(Self.tailLinesMax))]
    }
    return different.prefix(Self.errorsMax).map { error in
      error.count <= Self.errorLinesMax
        ? error : [error[0], "…"] + error.suffix(Self.errorLinesMax - 2)
    }
  }

  /// Whether a line is the first one of a record of the runner's log: `INFO     - …`.
  private static func startsRecord(_ line: String) -> Bool {
    ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"].contains { level in
      line.hasPrefix(level) && line.dropFirst(level.count).drop { $0 == " " }.hasPrefix("- ")
    }
  }
}
