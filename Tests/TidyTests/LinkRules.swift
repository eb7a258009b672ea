/// What the documents link to must be there.
struct LinkRules {
  /// All files of the repository, and the folders that they lie in.
  private let places: Set<String>
  /// The anchors of each document's headings, by path.
  private let anchors: [String: Set<String>]

  /// Rules about links between `files`; `paths` are those of the whole repository.
  init(_ files: [SourceFile], paths: [String]) {
    var places = Set(paths)
    for path in paths {
      let parts = path.split(separator: "/")
      for count in 1..<max(1, parts.count) {
        places.insert(parts.prefix(count).joined(separator: "/"))
      }
    }
    self.places = places
    let documents = files.filter { $0.fileExtension == "md" }
    anchors = Dictionary(
      documents.map { ($0.path, Self.anchors(of: $0)) }, uniquingKeysWith: { first, _ in first })
  }

  /// Links of a document that lead to no file of the repository, or to no heading of it.
  func brokenLinks(_ file: SourceFile) -> [Finding] {
    guard file.fileExtension == "md" else { return [] }
    var findings: [Finding] = []
    for (index, line) in Self.prose(of: file).enumerated() {
      for match in line.matches(of: /\]\(<?([^)\s>]+)>?\)/) {
        let target = match.output.1
        if target.contains("://") || target.hasPrefix("mailto:") { continue }
        if !leadsSomewhere(target, from: file.path) {
          findings.append(file.finding("broken link", line: index, String(target)))
        }
      }
    }
    return findings
  }

  private func leadsSomewhere(_ target: Substring, from path: String) -> Bool {
    let parts = target.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
    let place = parts[0].isEmpty ? path : Self.resolved(parts[0], from: path)
    guard let place, places.contains(place) else { return false }
    guard parts.count > 1 else { return true }
    return anchors[place]?.contains(String(parts[1])) ?? false
  }

  /// The path that a relative link names; nil when it leaves the repository.
  private static func resolved(_ target: Substring, from path: String) -> String? {
    var parts = path.split(separator: "/").dropLast()
    for part in target.split(separator: "/") {
      switch part {
      case ".": continue
      case "..": if parts.popLast() == nil { return nil }
      default: parts.append(part)
      }
    }
    return parts.joined(separator: "/")
  }

  /// The headings as web pages name them: small letters, digits, `-` and `_`.
  private static func anchors(of file: SourceFile) -> Set<String> {
    var found: Set<String> = []
    for line in prose(of: file) where line.hasPrefix("#") {
      let text = line.drop { $0 == "#" }.drop { $0 == " " }.lowercased()
      let kept = text.filter { $0.isLetter || $0.isNumber || " -_".contains($0) }
      found.insert(kept.replacing(" ", with: "-"))
    }
    return found
  }

  /// The lines with those of code blocks blanked out, so that their numbers stay.
  private static func prose(of file: SourceFile) -> [Substring] {
    var isCode = false
    return file.lines.map { line in
      let isFence = line.drop { $0 == " " }.hasPrefix("```")
      if isFence { isCode.toggle() }
      return isCode || isFence ? "" : line
    }
  }
}
