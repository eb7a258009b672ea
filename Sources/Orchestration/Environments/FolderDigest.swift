import Cryptography

/// The content of a package's folder as a short text, to see whether it changed.
enum FolderDigest {
  /// Files looked at in one folder; more is no small local package.
  static let filesMax = 5_000
  /// The largest file, bytes.
  static let fileBytesMax = 32 << 20

  /// Names and contents of the folder's files, build products and hidden files left out.
  ///
  /// - Throws: `FileError` when the folder isn't there, has too many files or can't be read.
  static func text(of folder: String) throws(FileError) -> String {
    guard Folder.isFolder(folder) else {
      if Folder.isFile(folder) {
        return try hex(try FileText.bytes(at: folder, limit: fileBytesMax))
      }
      throw FileError("there is no such folder", during: "install the package \(folder)")
    }
    var parts: [String] = []
    try gather(folder, as: "", into: &parts)
    return try hex(parts.joined(separator: "\n").utf8)
  }

  /// The first half of the SHA-256 digest, in hexadecimal.
  static func hex(_ bytes: some Sequence<UInt8>) throws(FileError) -> String {
    do {
      let digits = Array("0123456789abcdef")
      return String(
        try Digest.sha256.of(bytes).prefix(16).flatMap {
          [digits[Int($0 >> 4)], digits[Int($0 & 15)]]
        })
    } catch {
      throw FileError("\(error)", during: "hash the recipe of an environment")
    }
  }

  private static func gather(
    _ folder: String, as name: String, into parts: inout [String]
  ) throws(FileError) {
    for entry in Folder.names(in: folder) {
      let path = "\(folder)/\(entry)"
      if isProduct(entry) { continue }
      if Folder.isFolder(path) {
        try gather(path, as: "\(name)/\(entry)", into: &parts)
      } else if Folder.isFile(path) {
        guard parts.count < filesMax else {
          throw FileError("more than \(filesMax) files", during: "look at the package \(folder)")
        }
        let digest = try hex(try FileText.bytes(at: path, limit: fileBytesMax))
        parts.append("\(name)/\(entry) \(digest)")
      }
    }
  }

  private static func isProduct(_ name: String) -> Bool {
    name.hasPrefix(".") || name == "__pycache__" || name == "build" || name == "dist"
      || name.hasSuffix(".egg-info")
  }
}
