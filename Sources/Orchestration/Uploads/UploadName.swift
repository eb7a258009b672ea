/// The name that an uploaded file gets in its submission's folder.
enum UploadName {
  /// How deep files may lie: `package/module/file.py` has 3 parts.
  static let partsMax = 4

  /// Whether `path` names a file below the folder that it is put into, and no other, on any system:
  /// parts of letters, digits, `.`, `_` and `-`, none hidden, none `..`, separated by single
  /// slashes.
  static func allows(_ path: String) -> Bool {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count <= partsMax else { return false }
    return parts.allSatisfy { SafeName.allows(String($0)) }
  }

  /// Whether the file is a Jupyter notebook, which is converted; its own name isn't used.
  static func isNotebook(_ path: String) -> Bool { path.lowercased().hasSuffix(".ipynb") }
}
