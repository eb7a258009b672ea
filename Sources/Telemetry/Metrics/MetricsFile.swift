import Glibc

/// A file that readers always find whole: a new text is written beside it and takes its place in
/// one step.
///
/// The text goes into `<path>.tmp` first, so two programs need two paths. Nothing is forced to the
/// disk: after a power failure the file is the old one, the new one, or empty.
public struct MetricsFile: Sendable {
  /// Where the file is.
  public let path: String
  private var temporaryPath: String { path + ".tmp" }

  /// The file at `path`, in a folder that exists; nothing is done yet.
  public init(path: String) { self.path = path }

  /// Replaces the file's text; blocks for as long as the file system takes.
  ///
  /// - Throws: `MetricsFileError`; the file is as it was then.
  public func write(_ text: String) throws(MetricsFileError) {
    do throws(MetricsFileError) {
      try fill(text)
      guard rename(temporaryPath, path) == 0 else {
        throw MetricsFileError(operation: "rename to", path: path, errno: errno)
      }
    } catch {
      unlink(temporaryPath)
      throw error
    }
  }

  private func fill(_ text: String) throws(MetricsFileError) {
    let flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC
    let descriptor = open(temporaryPath, flags, 0o644)
    guard descriptor >= 0 else {
      throw MetricsFileError(operation: "open", path: temporaryPath, errno: errno)
    }
    var code = Self.writeAll(Array(text.utf8), to: descriptor)
    if close(descriptor) != 0, code == 0 { code = errno }
    guard code == 0 else {
      throw MetricsFileError(operation: "write", path: temporaryPath, errno: code)
    }
  }

  /// Writes all bytes; gives the error number, 0 when all went well.
  private static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Int32 {
    bytes.withUnsafeBytes { buffer in
      var offset = 0
      while offset < buffer.count {
        let rest = UnsafeRawBufferPointer(rebasing: buffer[offset...])
        let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
        if count > 0 {
          offset += count
        } else if count == 0 || errno != EINTR {
          return count == 0 ? ENOSPC : errno
        }
      }
      return 0
    }
  }
}

/// Why a metrics file could not be replaced.
public struct MetricsFileError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What was being done.
  public let operation: String
  /// To what.
  public let path: String
  /// The system's error number.
  public let errno: Int32

  /// `open /run/updraft/metrics.prom.tmp: No such file or directory; …`.
  public var description: String {
    "\(operation) \(path): \(String(cString: strerror(errno))); "
      + "metrics_file must name a file in a folder that exists, has room and can be written"
  }
}
