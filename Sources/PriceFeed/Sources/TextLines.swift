import Glibc

/// Reads a text file line by line with bounded memory.
enum TextLines {
  /// One line, bytes; a longer one means that the file is something else.
  static let lineBytesMax = 64 << 10

  /// Calls `body` with each line's number, from 1, and its text without the line's end.
  ///
  /// A byte order mark is skipped. Stops early when `body` returns false.
  static func read(
    path: String, _ body: (_ number: Int, _ line: String) -> Bool
  ) throws(PriceError) {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw unreadable(path, errno) }
    defer { close(file) }
    var chunk = [UInt8](repeating: 0, count: 256 << 10)
    var line: [UInt8] = []
    var number = 0
    while true {
      let count = chunk.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw unreadable(path, errno) }
      guard count > 0 else { break }
      var start = 0
      while let end = chunk[start..<count].firstIndex(of: UInt8(ascii: "\n")) {
        line += chunk[start..<end]
        start = end + 1
        number += 1
        guard body(number, text(line, number: number)) else { return }
        line.removeAll(keepingCapacity: true)
      }
      line += chunk[start..<count]
      guard line.count <= lineBytesMax else {
        throw PriceError(
          .malformed, subject: path, detail: "line \(number + 1) is longer than 64 KiB",
          advice: "check that this is a text file, not a compressed one")
      }
    }
    if !line.isEmpty { _ = body(number + 1, text(line, number: number + 1)) }
  }

  private static func text(_ bytes: [UInt8], number: Int) -> String {
    var bytes = bytes[...]
    if number == 1, bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
    if bytes.last == UInt8(ascii: "\r") { bytes = bytes.dropLast() }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func unreadable(_ path: String, _ code: Int32) -> PriceError {
    PriceError(
      .unreadable, subject: path, detail: String(cString: strerror(code)),
      advice: "check prices.path and the file's permissions", errno: code)
  }
}
