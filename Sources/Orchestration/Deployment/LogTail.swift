import Glibc

/// Reads a log file from a place on, also across its rotations.
///
/// The file may appear later. Links aren't followed. The descriptor is closed with the last copy.
public struct LogTail: Sendable {
  /// Where to begin.
  public enum Start: Hashable, Sendable {
    /// At the beginning of the file.
    case beginning
    /// With so many of its last lines, as far as they lie in its last MiB.
    case lastLines(Int)
  }

  /// The most that one `next` reads, bytes.
  public static let chunkBytesMax = 64 << 10
  /// What is looked through for last lines, bytes.
  private static let searchBytesMax = 1 << 20

  private final class Descriptor: Sendable {
    let number: Int32
    init(_ number: Int32) { self.number = number }
    deinit { close(number) }
  }

  private let path: String
  private var start: Start?
  private var descriptor: Descriptor?
  private var offset = 0

  /// Prepares to read `path`.
  init(_ path: String, from start: Start) {
    self.path = path
    self.start = start
  }

  /// The next bytes; empty when there are none now.
  public mutating func next() -> [UInt8] {
    if descriptor == nil { open() }
    guard let number = descriptor?.number else { return [] }
    var status = stat()
    if fstat(number, &status) == 0, Int(status.st_size) < offset { offset = 0 }
    let bytes = Self.read(number, at: offset, count: Self.chunkBytesMax)
    offset += bytes.count
    if bytes.isEmpty, isReplaced { (descriptor, offset) = (nil, 0) }
    return bytes
  }

  private mutating func open() {
    let number = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard number >= 0 else {
      // What appears later is read from its beginning.
      if errno == ENOENT { start = nil }
      return
    }
    descriptor = Descriptor(number)
    if case .lastLines(let count) = start { offset = Self.place(of: count, in: number) }
    start = nil
  }

  /// Whether the path leads to another file now.
  private var isReplaced: Bool {
    guard let number = descriptor?.number else { return false }
    var (mine, theirs) = (stat(), stat())
    guard fstat(number, &mine) == 0, lstat(path, &theirs) == 0 else { return false }
    return mine.st_ino != theirs.st_ino
  }

  private static func place(of lineCount: Int, in number: Int32) -> Int {
    var status = stat()
    guard fstat(number, &status) == 0 else { return 0 }
    let size = Int(status.st_size)
    let begin = max(0, size - searchBytesMax)
    let bytes = read(number, at: begin, count: size - begin)
    var left = lineCount
    for index in bytes.indices.reversed() where bytes[index] == UInt8(ascii: "\n") {
      // The newline that ends the last line begins no other.
      if index == bytes.endIndex - 1, lineCount > 0 { continue }
      left -= 1
      if left <= 0 { return begin + index + 1 }
    }
    return lineCount > 0 ? begin : size
  }

  private static func read(_ number: Int32, at offset: Int, count: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      let got = pread(number, buffer.baseAddress, count, off_t(offset))
      filled = max(0, got)
    }
  }
}
