public import Competition
import Glibc

/// Reads values back from a segment by their places. Safe to use from any thread.
///
/// It holds a file descriptor for as long as it lives, and reads on also when the file has been
/// removed meanwhile.
public final class SegmentReader: Sendable {
  private let segment: OpenFile
  private let marker: UInt64

  init(_ segment: OpenFile, marker: UInt64) {
    self.segment = segment
    self.marker = marker
  }

  /// Opens a segment.
  ///
  /// - Throws: `SpoolError`: `missing`, `foreignVersion`, `damaged`, `io`.
  public convenience init(_ file: SegmentFile) throws(SpoolError) {
    let segment = try OpenFile.open(file)
    self.init(segment, marker: try segment.start().marker)
  }

  /// The value of the record that lies there, checked against its checksum; read in one go, where
  /// it stays.
  ///
  /// - Throws: `SpoolError`: `damaged` when the bytes are not what was appended, `io`.
  public func read(_ location: SpoolLocation) throws(SpoolError) -> ByteView {
    let record = SharedBytes(capacity: location.count)
    try record.fill { (memory) throws(SpoolError) in
      try segment.read(into: memory, at: location.offset)
    }
    let valueOffset = record.bytes.count == location.count ? valueOffset(in: record.bytes) : nil
    guard let valueOffset else { throw damaged(location) }
    return ByteView(record, valueOffset..<record.count)
  }

  /// Where the value of an answer's record begins; nil when the record is not what was appended.
  private func valueOffset(in record: UnsafeRawBufferPointer) -> Int? {
    guard let prefix = RecordPrefix(record, marker: marker),
      prefix.kind == RecordPrefix.Kind.answer.rawValue, prefix.recordBytes == record.count
    else { return nil }
    let payload = UnsafeRawBufferPointer(rebasing: record[RecordPrefix.byteCount...])
    guard let answer = AnswerFields(payload, payloadBytes: payload.count) else { return nil }
    let checksum = SpoolChecksum()
    checksum.update(UnsafeRawBufferPointer(rebasing: record[..<RecordPrefix.checkedByteCount]))
    checksum.update(payload)
    guard checksum.value == prefix.checksum else { return nil }
    return RecordPrefix.byteCount + AnswerFields.byteCount + (answer.detailBytes ?? 0)
  }

  private func damaged(_ location: SpoolLocation) -> SpoolError {
    SpoolError(
      .damaged, "the record at byte \(location.offset) is not what was written",
      doing: "read \(segment.name)")
  }
}
