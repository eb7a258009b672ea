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
    let git = Process()
    git.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    git.arguments = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    git.currentDirectoryURL = root
    let output = Pipe()
    git.standardOutput = output
    try git.run()
    let bytes = output.fileHandleForReading.readDataToEndOfFile()
    git.waitUntilExit()
    try #require(git.terminationStatus == 0, "git ls-files failed in \(root.path)")
    return String(decoding: bytes, as: UTF8.self).split(separator: "\0").map(String.init)
      .filter { FileManager.default.fileExists(atPath: root.appendingPathComponent($0).path) }
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
