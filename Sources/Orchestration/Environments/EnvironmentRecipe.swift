import Cryptography

/// What a virtual environment is made of; equal recipes share one environment.
struct EnvironmentRecipe: Hashable {
  /// The interpreter's path and version, as it says itself.
  let interpreter: String
  /// What pip installs: names with versions, or absolute paths of folders.
  let packages: [String]
  /// The path of the submission's requirements; nil when it has none.
  let requirementsFile: String?
  /// 32 hexadecimal digits that stand for all of it.
  let fingerprint: String

  /// The interpreter's path.
  var python: String {
    interpreter.lastIndex(of: " ").map { String(interpreter[..<$0]) } ?? interpreter
  }

  /// The largest requirements.txt, bytes.
  static let requirementsBytesMax = 1 << 20

  /// Reads the requirements, and the files of packages that are folders.
  ///
  /// - Throws: `FileError` when one of them can't be read.
  init(interpreter: String, packages: [String], submissionFolder: String) throws(FileError) {
    self.interpreter = interpreter
    self.packages = packages
    var parts = ["updraft environment 1", interpreter]
    for package in packages {
      parts.append(package.hasPrefix("/") ? try FolderDigest.text(of: package) : package)
    }
    let file = submissionFolder + "/requirements.txt"
    if Folder.isFile(file) {
      let bytes = try FileText.bytes(at: file, limit: Self.requirementsBytesMax)
      let text = String(decoding: bytes, as: UTF8.self)
      let isEmpty = text.split(whereSeparator: \.isNewline).allSatisfy(Self.saysNothing)
      requirementsFile = isEmpty ? nil : file
      if !isEmpty { parts.append(text) }
      if Self.namesFiles(text) { parts.append(submissionFolder) }
    } else {
      requirementsFile = nil
    }
    fingerprint = try FolderDigest.hex(parts.joined(separator: "\u{0}").utf8)
  }

  private static func saysNothing(_ line: Substring) -> Bool {
    let text = line.drop(while: \.isWhitespace)
    return text.isEmpty || text.hasPrefix("#")
  }

  /// Whether a line leads to other files: then only this submission may share the environment.
  private static func namesFiles(_ text: String) -> Bool {
    text.split(whereSeparator: \.isNewline).contains { line in
      let line = line.drop(while: \.isWhitespace)
      return line.hasPrefix("-") || line.hasPrefix(".") || line.hasPrefix("/")
        || line.contains("file:")
    }
  }
}
