import Foundation

/// One text file of the repository.
struct SourceFile: Sendable {
  /// The path from the repository's root, `Sources/Rounds/Roster.swift`.
  let path: String
  /// The text by lines, without line ends.
  let lines: [Substring]
  /// Swift only: the lines with comments and the contents of strings blanked out.
  let code: [Substring]

  init(path: String, text: String) {
    self.path = path
    lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    code =
      path.hasSuffix(".swift")
      ? MaskedSwift.mask(text).split(separator: "\n", omittingEmptySubsequences: false) : []
  }

  /// The file's name without folders.
  var name: Substring { path.split(separator: "/").last ?? "" }
  /// The name's part behind the last dot, empty when there is none.
  var fileExtension: Substring { name.split(separator: ".").dropFirst().last ?? "" }
  /// Whether it is Swift.
  var isSwift: Bool { fileExtension == "swift" }
  /// Whether it is Swift or one of the C shims.
  var isCompiled: Bool { isSwift || ["c", "cpp", "h"].contains(fileExtension) }
  /// Whether it is a script.
  var isScript: Bool {
    ["py", "sh"].contains(fileExtension) || lines.first?.hasPrefix("#!") == true
  }
  /// The module of a file below `Sources` or `Tests`: the folder's name.
  var module: Substring? {
    let parts = path.split(separator: "/")
    return parts.count > 2 && ["Sources", "Tests"].contains(parts[0]) ? parts[1] : nil
  }

  /// A finding at `line`, counted from 0.
  func finding(_ rule: String, line: Int, _ text: String) -> Finding {
    Finding(path: path, line: line + 1, rule: rule, text: text)
  }
}

/// A place that breaks a rule.
struct Finding: CustomStringConvertible, Hashable {
  let path: String
  let line: Int
  let rule: String
  let text: String

  var description: String { "\(path):\(line): \(rule): \(text)" }
}
