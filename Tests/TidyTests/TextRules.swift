/// What must not stand in the repository.
enum TextRules {
  /// Unfinished work: a mark is an issue, not a comment.
  static func marks(_ file: SourceFile) -> [Finding] {
    matches(of: /\b(TOD[O]|FIXM[E]|XX[X]|HAC[K])\b/, in: file.lines, of: file, rule: "unfinished")
  }

  /// Ways to end the process that no caller can handle.
  static func traps(_ file: SourceFile) -> [Finding] {
    matches(of: /\bfatalError\s*\(|\btry!|\bas!/, in: file.code, of: file, rule: "trap")
  }

  /// Waiting by the clock: a test advances a manual clock, or awaits a condition with a deadline.
  static func sleeps(_ file: SourceFile) -> [Finding] {
    guard file.path.hasPrefix("Tests/") else { return [] }
    return matches(
      of: /\b(sleep|usleep|nanosleep)\s*\(|\bTask\.sleep\b/, in: file.code, of: file, rule: "sleep")
  }

  /// Folders of one person's machine.
  static func machinePaths(_ file: SourceFile) -> [Finding] {
    matches(
      of: /(?:^|[^\w.:~$\/}-])\/(home|root|work|Users)\/\w/, in: file.lines, of: file,
      rule: "machine path")
  }

  /// Names that say nothing.
  static func emptyNames(_ file: SourceFile) -> [Finding] {
    guard file.isSwift else { return [] }
    let kinds = /\b(struct|class|enum|actor|protocol|typealias)\s+\w*(Manager|Helper|Util)s?\b/
    var findings = matches(of: kinds, in: file.code, of: file, rule: "empty name")
    if file.name.contains(/(Manager|Helper|Util)s?\.swift$/) {
      findings.append(file.finding("empty name", line: 0, String(file.name)))
    }
    return findings
  }

  /// Files that keep an empty module alive, and files that only this machine resolved.
  static func strayFiles(_ file: SourceFile) -> [Finding] {
    let stray = file.name.hasPrefix("Placeholder") || file.name == "Package.resolved"
    return stray ? [file.finding("stray file", line: 0, "must not be in the repository")] : []
  }

  private static func matches<Output>(
    of pattern: Regex<Output>, in lines: [Substring], of file: SourceFile, rule: String
  ) -> [Finding] {
    lines.enumerated().compactMap { index, line in
      guard let match = line.firstMatch(of: pattern) else { return nil }
      return file.finding(rule, line: index, String(line[match.range]))
    }
  }
}
