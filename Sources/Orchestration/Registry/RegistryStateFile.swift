import Competition
import Glibc

/// The registry's last good answer on disk, as it came; its age is the file's.
struct RegistryStateFile {
  let path: String

  /// The answer and its time; nil when there is none.
  ///
  /// - Throws: `FileError` when there is one that can't be read.
  func read(limit: Int) throws(FileError) -> (bytes: [UInt8], time: UTCTime)? {
    var status = stat()
    guard stat(path, &status) == 0 else {
      if errno == ENOENT { return nil }
      throw FileError(errno: errno, during: "read \(path)")
    }
    let micros =
      Int64(status.st_mtim.tv_sec) * 1_000_000 + Int64(status.st_mtim.tv_nsec) / 1_000
    return (
      try FileText.bytes(at: path, limit: limit), UTCTime(microsecondsSinceEpoch: micros)
    )
  }

  /// Puts a new answer in the old one's place, in one step.
  func write(_ bytes: [UInt8]) throws(FileError) {
    let draft = "\(path).new"
    try FileText.write(bytes, to: draft)
    guard rename(draft, path) == 0 else {
      let code = errno
      unlink(draft)
      throw FileError(errno: code, during: "write \(path)")
    }
  }
}
