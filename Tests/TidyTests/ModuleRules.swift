/// What modules may import and declare.
enum ModuleRules {
  /// Each C module belongs to one Swift module, and its types stay inside.
  static func cModules(_ files: [SourceFile]) -> [Finding] {
    let shims = Set(
      files.compactMap { file -> Substring? in
        let parts = file.path.split(separator: "/")
        return parts.count > 2 && parts[0] == "CShims" ? parts[1] : nil
      })
    var owners: [Substring: Substring] = [:]
    var findings: [Finding] = []
    for file in files.sorted(by: { $0.path < $1.path }) where file.isSwift {
      guard let module = file.module else { continue }
      for (index, line) in file.code.enumerated() {
        guard let match = line.firstMatch(of: /^\s*(?:@\w+\s+)*(?:(\w+)\s+)?import\s+(\w+)/),
          shims.contains(match.output.2)
        else { continue }
        let name = match.output.2
        if let owner = owners[name], owner != module {
          let text = "\(name) belongs to \(owner); use that module"
          findings.append(file.finding("C module", line: index, text))
        }
        owners[name] = owners[name] ?? module
        if match.output.1 == "public" || match.output.1 == "package" {
          findings.append(file.finding("C module", line: index, "\(name) must stay internal"))
        }
      }
    }
    return findings
  }

  /// A type of its module's own name hides the module: nobody could write `Rounds.Roster` any more.
  static func typesNamedLikeTheirModule(_ file: SourceFile) -> [Finding] {
    guard file.isSwift, file.path.hasPrefix("Sources/"), let module = file.module else { return [] }
    let declaration = /\b(?:struct|class|enum|actor|protocol|typealias)\s+(\w+)/
    return file.code.enumerated().compactMap { index, line in
      guard line.matches(of: declaration).contains(where: { $0.output.1 == module }) else {
        return nil
      }
      return file.finding("module name", line: index, "a type is named like its module")
    }
  }
}
