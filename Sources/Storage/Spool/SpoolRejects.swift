import Competition
import Glibc
import JSON
import Logging

/// Rows that the database refused in every form, one JSON object a line: `rejects.jsonl` in the
/// spool's folder.
///
/// At its bound the file becomes `rejects.jsonl.1`, in place of an older one, whose rows are
/// counted and logged as lost. A single row of any size is taken. Not part of `spool.bytes_max`.
/// Belongs to one thread, in the process that holds the folder.
///
/// A row whose process ends between this and the commit of its round can be here twice.
final class SpoolRejects {
  static let fileName = "rejects.jsonl"
  /// The bound of each of the two files, bytes: a thousand answers of the usual size.
  static let bytesMax = 64 << 20

  /// Rows in the present file.
  private(set) var rowCount = 0
  /// Rows that were given up with an older file, since this was opened.
  private(set) var lostRowCount = 0

  private let directory: String
  private let fsync: SpoolOptions.Fsync
  private let bytesMax: Int
  private let system: SpoolSystem
  private let logger: Logger
  private let text = PredictionRowText()
  private var file: OpenFile?
  private var end = 0

  private var path: String { "\(directory)/\(Self.fileName)" }
  private var olderPath: String { path + ".1" }

  /// Rejects of the spool with those options; the file is made with the first row.
  init(
    _ options: SpoolOptions, logger: Logger, bytesMax: Int = bytesMax, system: SpoolSystem = .real
  ) {
    directory = options.directory
    fsync = options.fsync
    self.bytesMax = bytesMax
    self.system = system
    self.logger = logger
  }

  /// Appends a row with its answer and the database's reason.
  ///
  /// - Throws: `SpoolError`: `diskFull`, `io`. The row is not in the file then.
  func append(
    _ record: PredictionRecord, value: ByteView?, reason: String, at now: UTCTime = .now()
  ) throws(SpoolError) {
    let line = text.jsonLine(
      record, value: value,
      and: [
        JSONMember(key: "reason", value: .string(reason)),
        JSONMember(key: "rejected_at", value: .string(now.iso8601)),
      ])
    var file = try openFile()
    if end > 0, end + line.count > bytesMax {
      try rotate()
      file = try openFile()
    }
    try write(line, to: file)
    end += line.count
    rowCount += 1
  }

  private func write(_ line: [UInt8], to file: OpenFile) throws(SpoolError) {
    let doing = "append to \(Self.fileName)"
    do throws(SpoolError) {
      try line.withUnsafeBufferPointer { (bytes) throws(SpoolError) in
        var vectors = [
          iovec(
            iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count)
        ]
        try system.writeAll(&vectors, to: file.descriptor, at: end, doing: doing)
      }
      guard fsync != .never else { return }
      let result = system.syncFile(file.descriptor)
      guard result >= 0 else { throw SpoolError(errorNumber: Int32(-result), doing: doing) }
    } catch {
      // What stays when this fails too is cut off with the next row.
      _ = system.truncate(file.descriptor, end)
      self.file = nil
      throw error
    }
  }

  /// The present file. What its last line lacks was never counted as appended, and is cut off.
  private func openFile() throws(SpoolError) -> OpenFile {
    if let file { return file }
    let opened = try OpenFile.openOrCreate(path: path, name: Self.fileName)
    let lines = try Self.lines(of: opened)
    let result = system.truncate(opened.descriptor, lines.end)
    guard result >= 0 else {
      throw SpoolError(errorNumber: Int32(-result), doing: "cut off the end of \(Self.fileName)")
    }
    end = lines.end
    rowCount = lines.count
    file = opened
    return opened
  }

  private func rotate() throws(SpoolError) {
    var lost = 0
    if access(olderPath, F_OK) == 0 {
      lost = try Self.lines(of: try OpenFile.openOrCreate(path: olderPath, name: olderPath)).count
    }
    guard rename(path, olderPath) == 0 else {
      throw SpoolError(errorNumber: errno, doing: "rename \(Self.fileName)")
    }
    file = nil
    lostRowCount += lost
    if lost > 0 {
      logger.error(
        "rejected rows are lost: the reject files are full",
        metadata: [
          "rows": "\(lost)", "bytes_max": "\(bytesMax)", "file": "\(Self.fileName).1",
        ])
    }
  }

  /// The number of whole lines, and where the last of them ends.
  private static func lines(of file: OpenFile) throws(SpoolError) -> (count: Int, end: Int) {
    var count = 0
    var end = 0
    var offset = 0
    while true {
      let piece = try file.bytes(at: offset, count: SegmentWindow.byteCount)
      if piece.isEmpty { return (count, end) }
      for (index, byte) in piece.enumerated() where byte == 0x0A {
        count += 1
        end = offset + index + 1
      }
      offset += piece.count
    }
  }
}
