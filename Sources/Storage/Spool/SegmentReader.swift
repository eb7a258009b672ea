public import Competition
import Glibc

/// Reads values back from a segment by their places. Safe to use from any thread.
///
/// It holds a file descriptor for as long as it lives, and reads on also when the file has been
/// removed meanwhile.
public final class SegmentReader: Sendable {
  private let segment: OpenFile
  private let marker: UInt64

  /// What is read at once, bytes.
  private static let pieceBytes = 64 << 10

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

  /// The value of the record that lies there, checked against its checksum.
  ///
  /// - Throws: `SpoolError`: `damaged` when the bytes are not what was appended, `io`.
  public func read(_ location: SpoolLocation) throws(SpoolError) -> ByteView {
    let head = try segment.bytes(
      at: location.offset, count: RecordPrefix.byteCount + AnswerFields.byteCount)
    let fields = head.dropFirst(RecordPrefix.byteCount)
    guard let prefix = head.withUnsafeBytes({ RecordPrefix($0, marker: marker) }),
      prefix.kind == RecordPrefix.Kind.answer.rawValue, prefix.recordBytes == location.count,
      let answer = fields.withUnsafeBytes({
        AnswerFields($0, payloadBytes: prefix.payloadBytes)
      })
    else { throw damaged(location) }
    let checksum = SpoolChecksum()
    head[..<RecordPrefix.checkedByteCount].withUnsafeBytes { checksum.update($0) }
    fields.withUnsafeBytes { checksum.update($0) }
    let detailOffset = location.offset + head.count
    let detail = try segment.bytes(at: detailOffset, count: answer.detailBytes ?? 0)
    detail.withUnsafeBytes { checksum.update($0) }
    let value = SharedBytes(capacity: answer.valueBytes ?? 0)
    var offset = detailOffset + detail.count
    while value.free > 0 {
      let piece = try segment.bytes(at: offset, count: min(value.free, Self.pieceBytes))
      guard !piece.isEmpty else { throw damaged(location) }
      piece.withUnsafeBytes { bytes in
        checksum.update(bytes)
        value.append(bytes)
      }
      offset += piece.count
    }
    guard checksum.value == prefix.checksum else { throw damaged(location) }
    return ByteView(value, 0..<value.count)
  }

  private func damaged(_ location: SpoolLocation) -> SpoolError {
    SpoolError(
      .damaged, "the record at byte \(location.offset) is not what was written",
      doing: "read \(segment.name)")
  }
}
