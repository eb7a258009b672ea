import Glibc

/// Reads whole text files of a bounded size.
public enum TextFile {
  /// The text of a file of at most `Limits.requestBytesMax` bytes.
  ///
  /// - Throws: `ArgumentTextError` with the system's reason, or when it is too large or no UTF-8.
  public static func read(path: String) throws(ArgumentTextError) -> String {
    guard let file = fopen(path, "rbe") else {
      throw ArgumentTextError("@\(path)", "can't be opened: \(String(cString: strerror(errno)))")
    }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = fread(&chunk, 1, chunk.count, file)
      if count == 0 { break }
      bytes.append(contentsOf: chunk[..<count])
      if bytes.count > Limits.requestBytesMax {
        let limit = ByteCountText.describe(Limits.requestBytesMax)
        throw ArgumentTextError("@\(path)", "is larger than a call may be (\(limit))")
      }
    }
    guard ferror(file) == 0 else {
      throw ArgumentTextError("@\(path)", "can't be read: \(String(cString: strerror(errno)))")
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw ArgumentTextError("@\(path)", "is not UTF-8 text")
    }
    return text
  }
}
