import Glibc

/// What tells one version of a file from another without reading it.
struct FileStamp: Hashable {
  /// What lies at the path, links followed.
  enum Kind { case file, folder, other }

  let kind: Kind
  /// Bytes.
  let size: Int
  /// Whether anybody may execute it.
  let isExecutable: Bool
  private let inode: UInt64
  private let seconds: Int
  private let nanoseconds: Int

  /// Nil when there is nothing at the path, or a link that leads nowhere.
  init?(_ path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    switch status.st_mode & S_IFMT {
    case S_IFREG: kind = .file
    case S_IFDIR: kind = .folder
    default: kind = .other
    }
    isExecutable = status.st_mode & 0o111 != 0
    size = Int(status.st_size)
    inode = UInt64(status.st_ino)
    seconds = Int(status.st_mtim.tv_sec)
    nanoseconds = Int(status.st_mtim.tv_nsec)
  }

  /// Whether the path itself is a symbolic link.
  static func isLink(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
  }
}
