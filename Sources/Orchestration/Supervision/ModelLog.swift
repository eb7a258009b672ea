import Competition
public import EventLoop
import Glibc

/// The output of one model in a file of bounded size: at the limit the file becomes `.1`, whose
/// predecessor goes.
///
/// Lines are gathered and written once per loop turn. A file that can't be written never stops the
/// model: its lines are counted in `lostLineCount`. The descriptor is closed by `close()`.
public final class ModelLog: TurnEndTask {
  /// What one turn may gather, bytes; more is lost. 4 MiB, far above what pipes hold.
  private static let pendingBytesMax = 4 << 20

  /// The file.
  public let path: String
  /// Lines that could not be written.
  public private(set) var lostLineCount = 0
  private let loop: Loop
  private let bytesMax: Int
  private var descriptor: Int32 = -1
  private var bytes = 0
  private var pending: [UInt8] = []
  private var pendingLineCount = 0
  private var isScheduled = false

  /// Opens the log of a model for appending, in a folder that exists.
  ///
  /// - Parameters:
  ///   - name: The file's name without ending; must be safe.
  ///   - folder: The folder of the logs.
  ///   - loop: The loop at whose turn ends lines are written.
  ///   - bytesMax: The size at which the file is rotated; with its predecessor a model has twice
  ///     that.
  /// - Throws: `FileError` when the file can't be opened.
  public init(
    name: String, folder: String, on loop: Loop, bytesMax: Int = ModelLimits().logSizeBytes
  ) throws(FileError) {
    guard SafeName.allows(name) else {
      throw FileError("\"\(name.prefix(60))\" can't name a file", during: "open a model's log")
    }
    path = "\(folder)/\(name).log"
    self.loop = loop
    self.bytesMax = bytesMax
    try open()
  }

  deinit { assert(descriptor < 0, "a ModelLog was dropped without close()") }

  /// Adds a line, written at the end of the turn.
  public func add(_ line: String) {
    guard pending.count < Self.pendingBytesMax else {
      lostLineCount += 1
      return
    }
    pending.append(contentsOf: "\(UTCTime.now().iso8601)Z ".utf8)
    pending.append(contentsOf: line.utf8)
    pending.append(UInt8(ascii: "\n"))
    pendingLineCount += 1
    if !isScheduled {
      isScheduled = true
      loop.atTurnEnd(self)
    }
  }

  /// Writes what was gathered.
  public func turnDidEnd() {
    isScheduled = false
    flush()
  }

  /// Writes what was gathered and closes the file. Safe to call again.
  public func close() {
    flush()
    if descriptor >= 0 { Glibc.close(descriptor) }
    descriptor = -1
  }

  private func open() throws(FileError) {
    let flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY
    descriptor = Glibc.open(path, flags, 0o640)
    guard descriptor >= 0 else { throw FileError(errno: errno, during: "open \(path)") }
    var status = stat()
    bytes = fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
  }

  private func flush() {
    guard !pending.isEmpty else { return }
    defer {
      pending.removeAll(keepingCapacity: pending.capacity <= 64 << 10)
      pendingLineCount = 0
    }
    if bytes > 0, bytes + pending.count > bytesMax { rotate() }
    var rest = pending[...]
    while descriptor >= 0, !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      bytes += count
      rest = rest.dropFirst(count)
    }
    if !rest.isEmpty { lostLineCount += pendingLineCount }
  }

  private func rotate() {
    _ = rename(path, path + ".1")
    if descriptor >= 0 { Glibc.close(descriptor) }
    descriptor = -1
    // What can't be reopened is tried again with the next lines; until then they are counted as
    // lost.
    do { try open() } catch { bytes = bytesMax }
  }
}
