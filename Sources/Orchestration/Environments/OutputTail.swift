/// The last lines of a child's output, to explain its failure.
struct OutputTail {
  private static let linesMax = 30
  private static let quotedLinesMax = 5
  private var lines: [String] = []

  mutating func add(_ line: String) {
    if lines.count == Self.linesMax { lines.removeFirst() }
    lines.append(line)
  }

  /// The lines that say ERROR, else the last ones; at most five, in one text.
  var explanation: String {
    let errors = lines.filter { $0.contains("ERROR") || $0.contains("Error:") }
    let told = errors.isEmpty ? lines.filter { !$0.isEmpty } : errors
    return told.suffix(Self.quotedLinesMax).joined(separator: " | ")
  }
}
