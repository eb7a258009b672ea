import Glibc

/// A lock among processes on one path; freed when closed, or when the process ends in any way.
struct FolderLock: ~Copyable {
  private let descriptor: Int32

  /// Takes the lock now; nil when another process holds it.
  ///
  /// - Throws: `FileError` when the lock's file can't be made.
  static func take(_ path: String) throws(FileError) -> FolderLock? {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
    guard descriptor >= 0 else { throw FileError(errno: errno, during: "lock \(path)") }
    if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return FolderLock(descriptor: descriptor) }
    let code = errno
    close(descriptor)
    if code == EWOULDBLOCK || code == EINTR { return nil }
    throw FileError(errno: code, during: "lock \(path)")
  }

  private init(descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }
}
