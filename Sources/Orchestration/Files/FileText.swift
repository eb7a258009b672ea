import Competition
import Glibc

/// Why a file or folder could not be used: what was being done, and the system's code.
public struct FileError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The system's `errno`; 0 when the system was content and we are not (too large, not UTF-8).
  public let errno: Int32
  /// What was being done, for example `read models.yml`.
  public let operation: String
  /// What is wrong.
  public let reason: String

  /// The error of a system call that failed with `errno`.
  init(errno: Int32, during operation: String) {
    self.errno = errno
    self.operation = operation
    reason = String(cString: strerror(errno))
  }

  /// The error of a file that the system gave but we can't use.
  init(_ reason: String, during operation: String) {
    errno = 0
    self.operation = operation
    self.reason = reason
  }

  /// Whether the file is not there.
  public var isMissing: Bool { errno == ENOENT || errno == ENOTDIR }

  /// `read models.yml: No such file or directory`.
  public var description: String { "\(operation): \(reason)" }
}

/// Whole small files: read with a limit, written atomically enough for a marker.
enum FileText {
  /// The largest configuration or requirements file. 16 MiB hold 40,000 models of 400 bytes.
  static let bytesMax = 16 << 20

  /// The bytes of the file at `path`, at most `limit`.
  static func bytes(at path: String, limit: Int = bytesMax) throws(FileError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
    guard descriptor >= 0 else { throw FileError(errno: errno, during: "read \(path)") }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw FileError(errno: errno, during: "read \(path)") }
      if count == 0 { return bytes }
      guard bytes.count + count <= limit else {
        throw FileError(
          "larger than \(ByteCountText.describe(limit))", during: "read \(path)")
      }
      bytes.append(contentsOf: chunk[..<count])
    }
  }

  /// The text of the file at `path`, which must be UTF-8.
  static func read(_ path: String) throws(FileError) -> String {
    let bytes = try bytes(at: path)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw FileError("not UTF-8 text", during: "read \(path)")
    }
    return text
  }

  /// Writes a small file anew and brings it to the disk.
  static func write(_ text: String, to path: String) throws(FileError) {
    try write(Array(text.utf8), to: path)
  }

  /// Writes a small file anew and brings it to the disk.
  static func write(_ bytes: [UInt8], to path: String) throws(FileError) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw FileError(errno: errno, during: "write \(path)") }
    defer { close(descriptor) }
    try writeAll(bytes, to: descriptor, path)
    guard fsync(descriptor) == 0 else { throw FileError(errno: errno, during: "write \(path)") }
  }

  /// Replaces a small file as a whole, without waiting for the disk.
  static func replace(_ text: String, at path: String) throws(FileError) {
    let fresh = path + ".new"
    let descriptor = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o644)
    guard descriptor >= 0 else { throw FileError(errno: errno, during: "write \(fresh)") }
    defer { close(descriptor) }
    try writeAll(Array(text.utf8), to: descriptor, fresh)
    if rename(fresh, path) != 0 { throw FileError(errno: errno, during: "write \(path)") }
  }

  private static func writeAll(
    _ bytes: [UInt8], to descriptor: Int32, _ path: String
  ) throws(FileError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw FileError(errno: errno, during: "write \(path)") }
      rest = rest.dropFirst(count)
    }
  }
}
