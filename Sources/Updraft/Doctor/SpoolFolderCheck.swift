import Competition
import Settings
import Glibc
import ServiceRuntime

/// What lies in the spool's folder: answers that are not in the database yet. No file is opened.
struct SpoolFolderCheck {
  let settings: SpoolSettings

  /// The share of `spool.bytes_max` from which on it is said to fill up.
  private static let shareMax = 0.5
  private static let name = "spool files"

  /// One row.
  func row() -> CheckRow {
    guard let folder = opendir(settings.directory) else {
      guard errno != ENOENT else {
        return .ok(Self.name, "none: \(settings.directory) isn't there")
      }
      return .warning(
        Self.name, "\(settings.directory): \(String(cString: strerror(errno)))",
        remedy: "give this user the folder, or set spool.dir to another one")
    }
    defer { closedir(folder) }
    var count = 0
    var bytes = 0
    while let entry = readdir(folder) {
      var status = stat()
      let found = withUnsafePointer(to: &entry.pointee.d_name) { name in
        name.withMemoryRebound(to: CChar.self, capacity: 1) {
          fstatat(dirfd(folder), $0, &status, AT_SYMLINK_NOFOLLOW)
        }
      }
      // The lock file is empty; what is gone meanwhile is stored.
      guard found == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size > 0 else { continue }
      count += 1
      bytes += Int(status.st_size)
    }
    return verdict(count: count, bytes: bytes)
  }

  private func verdict(count: Int, bytes: Int) -> CheckRow {
    guard count > 0 else { return .ok(Self.name, "none in \(settings.directory)") }
    let finding = "\(count) in \(settings.directory), \(ByteCountText.describe(bytes))"
    guard Double(bytes) > Double(settings.bytesMax) * Self.shareMax else {
      return .ok(Self.name, finding)
    }
    return .warning(
      Self.name, "\(finding) of \(ByteCountText.describe(settings.bytesMax))",
      remedy: "see that a predict worker runs and reaches the database: it stores them")
  }
}
