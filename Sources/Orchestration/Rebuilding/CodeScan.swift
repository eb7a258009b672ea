import Cryptography

/// The code files of a submission's folder at one time.
///
/// Links are followed for files and not for folders, so that a scan ends. A scan of an unchanged
/// folder reads no file: digests are taken over from the scan before.
struct CodeScan {
  /// Code files looked at; a submission has a handful.
  static let filesMax = 2_000
  /// Folders looked at, and watched.
  static let foldersMax = 200
  /// How deep folders may lie in each other.
  static let depthMax = 8
  /// Larger files count as another when their stamp is, bytes: reading them would hold the loop up.
  static let digestBytesMax = 4 << 20

  private struct File {
    let stamp: FileStamp
    /// Nil for a file that is too large or can't be read.
    let digest: [UInt8]?
  }

  /// The folders that were entered, the submission's first.
  private(set) var folders: [String] = []
  /// Whether a limit was reached, so that changes of the rest aren't seen.
  private(set) var isCut = false
  private var files: [String: File] = [:]
  private let root: String
  private let rule: CodeRule

  /// Looks at `folder`; a folder that isn't there has no files.
  init(_ folder: String, _ rule: CodeRule, after last: CodeScan? = nil) {
    root = folder
    self.rule = rule
    gather("", depth: 0, after: last)
  }

  /// The number of code files.
  var fileCount: Int { files.count }

  /// The files that were changed, added or removed since another scan, sorted; relative paths.
  func changes(since other: CodeScan) -> [String] {
    let changed = files.filter { name, file in
      guard let old = other.files[name] else { return true }
      if file.stamp == old.stamp { return false }
      return rule.countsEverything || file.digest == nil || file.digest != old.digest
    }
    let removed = other.files.keys.filter { files[$0] == nil }
    return (changed.keys + removed).sorted()
  }

  /// Whether nothing was written in between, whatever its content.
  func isUntouched(since other: CodeScan) -> Bool {
    files.count == other.files.count
      && files.allSatisfy { other.files[$0.key]?.stamp == $0.value.stamp }
  }

  private mutating func gather(_ path: String, depth: Int, after last: CodeScan?) {
    let folder = path.isEmpty ? root : "\(root)/\(path)"
    guard folders.count < Self.foldersMax, depth <= Self.depthMax else { return isCut = true }
    folders.append(folder)
    for name in Folder.names(in: folder) {
      let relative = path.isEmpty ? name : "\(path)/\(name)"
      guard let stamp = FileStamp("\(folder)/\(name)") else { continue }
      switch stamp.kind {
      case .folder:
        guard rule.enters(name), !FileStamp.isLink("\(folder)/\(name)") else { continue }
        gather(relative, depth: depth + 1, after: last)
      case .file:
        guard rule.counts(name, isExecutable: stamp.isExecutable) else { continue }
        guard files.count < Self.filesMax else { return isCut = true }
        files[relative] = file(relative, stamp, after: last)
      case .other: continue
      }
    }
  }

  private func file(_ path: String, _ stamp: FileStamp, after last: CodeScan?) -> File {
    if let old = last?.files[path], old.stamp == stamp { return old }
    guard !rule.countsEverything, stamp.size <= Self.digestBytesMax,
      let bytes = try? FileText.bytes(at: "\(root)/\(path)", limit: Self.digestBytesMax)
    else { return File(stamp: stamp, digest: nil) }
    return File(stamp: stamp, digest: try? Digest.sha256.of(bytes))
  }
}
