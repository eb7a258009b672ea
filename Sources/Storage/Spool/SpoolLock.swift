import Glibc

/// The lock that makes one process the owner of a spool's folder.
///
/// It belongs to the open file (`F_OFD_SETLK`), so the system releases it however the process
/// ends, and looking whether it is held disturbs nobody. The file holds the owner's process id for
/// people; an id that is left behind locks nothing.
final class SpoolLock {
  static let fileName = "lock"

  private var descriptor: Int32

  /// Linux's `F_OFD_GETLK` and `F_OFD_SETLK`, which Swift's Glibc doesn't show.
  private static let look: Int32 = 36
  private static let take: Int32 = 37

  /// Takes the lock.
  ///
  /// - Throws: `SpoolError` of code `locked` with the holder, or `io`.
  init(directory: String) throws(SpoolError) {
    let doing = "lock the spool \(directory)"
    let path = "\(directory)/\(Self.fileName)"
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw SpoolError(errorNumber: errno, doing: doing) }
    var range = Self.wholeFile(F_WRLCK)
    guard fcntl(descriptor, Self.take, &range) == 0 else {
      let code = errno
      let holder = Self.readPID(descriptor)
      close(descriptor)
      guard code == EAGAIN || code == EACCES else {
        throw SpoolError(errorNumber: code, doing: doing)
      }
      throw SpoolError(
        .locked, "process \(holder.map(String.init) ?? "unknown") holds it", doing: doing,
        holderPID: holder)
    }
    self.descriptor = descriptor
    writePID()
  }

  deinit { release() }

  /// Gives the lock back; once is enough.
  func release() {
    if descriptor >= 0 { close(descriptor) }
    descriptor = -1
  }

  /// Who holds the folder's lock.
  ///
  /// - Returns: nil when nobody does; 0 when the holder hasn't said who it is.
  static func holder(of directory: String) -> Int32? {
    let descriptor = open("\(directory)/\(fileName)", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var range = wholeFile(F_RDLCK)
    guard fcntl(descriptor, look, &range) == 0, range.l_type != Int16(F_UNLCK) else { return nil }
    return readPID(descriptor) ?? 0
  }

  private static func wholeFile(_ type: Int32) -> flock {
    flock(l_type: Int16(type), l_whence: Int16(SEEK_SET), l_start: 0, l_len: 0, l_pid: 0)
  }

  /// A full disk leaves the lock without a name, and held all the same.
  private func writePID() {
    let text = Array("\(getpid())\n".utf8)
    _ = ftruncate(descriptor, 0)
    _ = pwrite(descriptor, text, text.count, 0)
  }

  private static func readPID(_ descriptor: Int32) -> Int32? {
    var bytes = [UInt8](repeating: 0, count: 16)
    let count = pread(descriptor, &bytes, bytes.count, 0)
    let line = bytes.prefix(max(0, count)).prefix { $0 != UInt8(ascii: "\n") }
    return Int32(String(decoding: line, as: UTF8.self))
  }
}
