import Glibc
import Testing

/// A file system in memory of a fixed size, for disks that are full.
struct SmallDisk {
  let path: String

  /// Whether this process may mount one.
  static let isPossible: Bool = {
    guard let disk = try? SmallDisk(bytes: 1 << 20) else { return false }
    disk.unmount()
    return true
  }()

  init(bytes: Int) throws {
    var template = Array("/tmp/updraft-disk-XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    guard mount("tmpfs", path, "tmpfs", UInt(0), "size=\(bytes),mode=0700") == 0 else {
      rmdir(path)
      throw SmallDiskError()
    }
  }

  /// Takes the disk away with all that is on it.
  func unmount() {
    umount2(path, Int32(MNT_DETACH))
    rmdir(path)
  }
}

/// This process may not mount anything.
struct SmallDiskError: Error {}
