import Foundation
import Testing

/// The files of this repository: what git tracks, and what is new and not ignored.
enum Repository {
  /// The folder with `Package.swift`.
  static let root: URL =
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// The paths from the root; deleted files that git still tracks are left out.
  static func paths() throws -> [String] {
    let bytes = try output(
      of: "git -C '\(root.path)' ls-files -z --cached --others --exclude-standard")
    return String(decoding: bytes, as: UTF8.self).split(separator: "\0").map(String.init)
      .filter { FileManager.default.fileExists(atPath: root.appendingPathComponent($0).path) }
  }

  /// What a shell command prints. (Foundation's `Process` can miss the end of a child.)
  private static func output(of command: String) throws -> [UInt8] {
    let stream = try #require(popen(command, "r"))
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while case let count = fread(&buffer, 1, buffer.count, stream), count > 0 {
      bytes.append(contentsOf: buffer[..<count])
    }
    try #require(pclose(stream) == 0, "failed: \(command)")
    return bytes
  }

  /// All text files, read once for all rules.
  static func files() throws -> [SourceFile] { try textFiles.get() }

  private static let textFiles = Result {
    try paths().compactMap { path in
      let bytes = try Data(contentsOf: root.appendingPathComponent(path))
      return String(data: bytes, encoding: .utf8).map { SourceFile(path: path, text: $0) }
    }
  }
}
