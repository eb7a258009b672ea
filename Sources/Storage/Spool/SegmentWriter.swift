import Competition
import Glibc

/// Appends to the segment of one open round. Belongs to the spool's thread.
final class SegmentWriter {
  /// The segment.
  let file: SegmentFile
  /// Reads values back, from any thread.
  let reader: SegmentReader

  private let open: OpenFile
  private let spool: Spool
  private let rosterCount: Int
  private let marker: UInt64
  private var end: Int
  private var recordCount: Int
  private var isClosed = false
  /// Bytes of a failed batch may lie behind `end`.
  private var hasRemnant = false

  /// Goes on behind what `batch` has written to a new file.
  init(
    _ file: SegmentFile, open: OpenFile, spool: Spool, marker: UInt64, rosterCount: Int,
    after batch: SegmentBatch
  ) {
    self.file = file
    self.open = open
    self.spool = spool
    self.rosterCount = rosterCount
    self.marker = marker
    end = batch.byteCount
    recordCount = batch.recordCount
    reader = SegmentReader(open, marker: marker)
  }

  /// Appends answers with one `writev` for each 1,024 pieces; their values are not copied. They
  /// have arrived when this returns.
  ///
  /// A value that is appended again for the same model replaces the earlier one.
  ///
  /// - Returns: where each value lies; nil for those without one. Shape: [answerCount].
  /// - Throws: `SpoolError`: `full`, `diskFull`, `io`, `tooLarge`. Nothing of this batch counts as
  ///   arrived then, and the file ends with the batch before.
  func append(_ answers: [SpooledAnswer]) throws(SpoolError) -> [SpoolLocation?] {
    guard !answers.isEmpty else { return [] }
    var batch = makeBatch()
    for answer in answers {
      precondition((0..<rosterCount).contains(answer.index), "an index beyond the roster")
      try batch.add(answer)
    }
    guard spool.budget.take(batch.byteCount, for: file.name) else {
      throw SpoolError(
        .full, "its \(spool.budget.bytes) bytes and \(batch.byteCount) more exceed bytes_max",
        doing: "append to \(file.name)")
    }
    do throws(SpoolError) {
      try write(batch)
    } catch {
      spool.budget.giveBack(batch.byteCount, of: file.name)
      throw error
    }
    return batch.locations
  }

  /// Appends the round's end, for which there is always room within `bytes_max`.
  ///
  /// A round whose end could not be written is recovered as one that was cut off.
  ///
  /// - Throws: `SpoolError`: `diskFull`, `io`; may be tried again.
  func close(_ closing: RoundClosing) throws(SpoolError) {
    var batch = makeBatch()
    var json: [UInt8] = []
    closing.json.append(to: &json)
    try batch.add(.closing, json: json)
    try write(batch)
    isClosed = true
    spool.budget.end(file.name, bytes: batch.byteCount)
  }

  /// The value at a place that `append` has returned, checked against its checksum.
  func read(_ location: SpoolLocation) throws(SpoolError) -> ByteView {
    try reader.read(location)
  }

  private func makeBatch() -> SegmentBatch {
    precondition(!isClosed, "the segment is closed")
    return SegmentBatch(marker: marker, firstNumber: recordCount, offset: end)
  }

  private func write(_ batch: SegmentBatch) throws(SpoolError) {
    if hasRemnant { try cutOff() }
    do throws(SpoolError) {
      try spool.disk.write(batch, to: open, at: end)
    } catch {
      hasRemnant = true
      try? cutOff()
      throw error
    }
    end += batch.byteCount
    recordCount += batch.recordCount
  }

  /// Truncates the file to its last whole batch. As long as that fails nothing more is appended:
  /// the rest of the failed batch could be taken for records later.
  private func cutOff() throws(SpoolError) {
    let result = spool.disk.system.truncate(open.descriptor, end)
    guard result >= 0 else {
      throw SpoolError(errorNumber: Int32(-result), doing: "cut off the end of \(file.name)")
    }
    hasRemnant = false
  }
}
