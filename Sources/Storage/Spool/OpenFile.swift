import Competition
import Glibc

/// An open file of the spool, or its folder.
///
/// Life: the descriptor is closed in `deinit`. Reading and `fdatasync` are safe from any thread;
/// there is one writer.
final class OpenFile: Sendable {
  let descriptor: Int32
  let name: String

  private init(_ descriptor: Int32, name: String) {
    self.descriptor = descriptor
    self.name = name
  }

  deinit { Glibc.close(descriptor) }

  /// Makes a file that must not be there yet.
  static func create(path: String, name: String) throws(SpoolError) -> OpenFile {
    try open(path: path, name: name, flags: O_RDWR | O_CREAT | O_EXCL)
  }

  /// Opens a file that may not be there yet.
  static func openOrCreate(path: String, name: String) throws(SpoolError) -> OpenFile {
    try open(path: path, name: name, flags: O_RDWR | O_CREAT)
  }

  /// Opens a segment for reading.
  static func open(_ file: SegmentFile) throws(SpoolError) -> OpenFile {
    try open(path: file.path, name: file.name, flags: O_RDONLY)
  }

  /// Opens the folder itself, to force its names to the disk.
  static func openFolder(path: String) throws(SpoolError) -> OpenFile {
    try open(path: path, name: path, flags: O_RDONLY | O_DIRECTORY)
  }

  private static func open(
    path: String, name: String, flags: Int32
  ) throws(SpoolError) -> OpenFile {
    let descriptor = Glibc.open(path, flags | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw SpoolError(errorNumber: errno, doing: "open \(path)") }
    return OpenFile(descriptor, name: name)
  }

  /// The file's length, bytes.
  func byteCount() throws(SpoolError) -> Int { Int(try status().st_size) }

  /// Whether the file still has a name. What can't be told counts as yes.
  var isLinked: Bool { (try? status().st_nlink > 0) ?? true }

  private func status() throws(SpoolError) -> stat {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw SpoolError(errorNumber: errno, doing: "look at \(name)")
    }
    return status
  }

  /// Reads from `offset` until `buffer` is full or the file ends.
  ///
  /// - Returns: the number of bytes read.
  func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int
  ) throws(SpoolError) -> Int {
    var count = 0
    while count < buffer.count {
      let read = pread(
        descriptor, buffer.baseAddress.map { $0 + count }, buffer.count - count, offset + count)
      if read == 0 { break }
      if read > 0 {
        count += read
      } else if errno != EINTR {
        throw SpoolError(errorNumber: errno, doing: "read \(name)")
      }
    }
    return count
  }

  /// Reads at most `count` bytes from `offset`; fewer at the file's end.
  func bytes(at offset: Int, count: Int) throws(SpoolError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let result = bytes.withUnsafeMutableBytes { buffer in
      Result { () throws(SpoolError) in try read(into: buffer, at: offset) }
    }
    bytes.removeLast(count - (try result.get()))
    return bytes
  }
}

extension OpenFile {
  /// What the start of a segment says.
  struct Start {
    /// nil when the file's header is damaged; its first record has told the marker then.
    let header: SegmentHeader?
    /// What every record begins with.
    let marker: UInt64
  }

  /// Reads the file's header, or what of it the first record repeats.
  ///
  /// - Throws: `foreignVersion`, or `damaged` when neither can be read.
  func start() throws(SpoolError) -> Start {
    let bytes = try bytes(at: 0, count: SegmentHeader.byteCountMax)
    switch bytes.withUnsafeBytes(SegmentHeader.read) {
    case .valid(let header): return Start(header: header, marker: header.marker)
    case .foreign(let version):
      throw SpoolError(
        .foreignVersion,
        "its format is version \(version), this program's is \(SegmentHeader.version)",
        doing: "read \(name)")
    case .damaged: break
    }
    let first = bytes.dropFirst(SegmentHeader.byteCount)
    let marker = first.withUnsafeBytes { bytes -> UInt64? in
      guard bytes.count >= RecordPrefix.byteCount else { return nil }
      let marker = bytes.littleEndian(UInt64.self, at: 0)
      return RecordPrefix(bytes, marker: marker) == nil ? nil : marker
    }
    guard let marker else {
      throw SpoolError(
        .damaged, "neither the file's header nor its first record can be read",
        doing: "read \(name)")
    }
    return Start(header: nil, marker: marker)
  }
}
