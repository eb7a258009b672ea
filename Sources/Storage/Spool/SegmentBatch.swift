import Competition
import Glibc

/// Records on their way into a segment: the small parts in one block, the values where they are.
struct SegmentBatch {
  /// The longest record, bytes: the largest answer that any limit allows, twice.
  static let recordBytesMax = 128 << 20

  /// Where each answer's value will lie, in the order of `add`; nil for those without.
  private(set) var locations: [SpoolLocation?] = []
  /// The length of all records.
  private(set) var byteCount = 0
  /// The number of records.
  private(set) var recordCount = 0

  private let marker: UInt64
  private let firstNumber: Int
  private let offset: Int
  private let checksum = SpoolChecksum()
  private var scratch: [UInt8] = []
  /// Runs of the scratch block, each followed by a value.
  private var runs: [(end: Int, value: ByteView)] = []

  /// An empty batch that will lie at `offset` of the file with that marker.
  init(marker: UInt64, firstNumber: Int, offset: Int) {
    self.marker = marker
    self.firstNumber = firstNumber
    self.offset = offset
  }

  /// Adds one answer.
  ///
  /// - Throws: `SpoolError` of code `tooLarge`; the batch is useless then.
  mutating func add(_ answer: SpooledAnswer) throws(SpoolError) {
    let detail = answer.detail.map {
      Array($0.prefix(utf8Bytes: SpooledAnswer.detailBytesMax).utf8)
    }
    let fields = AnswerFields(of: answer, detailBytes: detail?.count)
    let start = byteCount
    try add(.answer, payloadBytes: fields.payloadBytes, tail: answer.value) { bytes in
      fields.append(to: &bytes)
      if let detail { bytes += detail }
    }
    locations.append(
      answer.value.map { _ in SpoolLocation(offset: offset + start, count: byteCount - start) })
  }

  /// Adds a record of JSON.
  mutating func add(_ kind: RecordPrefix.Kind, json: [UInt8]) throws(SpoolError) {
    try add(kind, payloadBytes: json.count, tail: nil) { $0 += json }
  }

  /// Adds bytes that are no record.
  mutating func add(raw bytes: [UInt8]) {
    scratch += bytes
    byteCount += bytes.count
  }

  private mutating func add(
    _ kind: RecordPrefix.Kind, payloadBytes: Int, tail: ByteView?,
    _ appendFields: (inout [UInt8]) -> Void
  ) throws(SpoolError) {
    let prefix = RecordPrefix(
      marker: marker, kind: kind, number: UInt32(firstNumber + recordCount),
      payloadBytes: payloadBytes)
    guard prefix.recordBytes <= Self.recordBytesMax else {
      throw SpoolError(
        .tooLarge, "\(prefix.recordBytes) bytes are more than a record takes",
        doing: "append to the spool")
    }
    let checked = prefix.checkedBytes
    scratch += checked
    let checksumAt = scratch.count
    scratch += [UInt8](repeating: 0, count: RecordPrefix.byteCount - checked.count)
    appendFields(&scratch)
    checksum.reset()
    checked.withUnsafeBytes { checksum.update($0) }
    scratch[(checksumAt + 8)...].withUnsafeBytes { checksum.update($0) }
    if let tail {
      tail.withUnsafeBytes { checksum.update($0) }
      if !tail.isEmpty { runs.append((scratch.count, tail)) }
    }
    let sum = checksum.value
    withUnsafeBytes(of: sum.littleEndian) {
      scratch.replaceSubrange(checksumAt..<checksumAt + 8, with: $0)
    }
    byteCount += prefix.recordBytes
    recordCount += 1
  }

  /// Lends the pieces in the order in which they must be written. They are valid in `body` only.
  func withVectors(
    _ body: (inout [iovec]) throws(SpoolError) -> Void
  ) throws(SpoolError) {
    try scratch.withUnsafeBufferPointer { (block) throws(SpoolError) in
      var vectors: [iovec] = []
      vectors.reserveCapacity(2 * runs.count + 1)
      var start = 0
      func addBlock(upTo end: Int) {
        guard end > start else { return }
        vectors.append(
          iovec(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: block[start..<end]))))
        start = end
      }
      for run in runs {
        addBlock(upTo: run.end)
        // `runs` holds the value's block, whose bytes don't move.
        vectors.append(run.value.withUnsafeBytes { iovec($0) })
      }
      addBlock(upTo: block.count)
      try withExtendedLifetime(runs) { () throws(SpoolError) in try body(&vectors) }
    }
  }
}

extension iovec {
  /// The bytes, which the system will only read.
  fileprivate init(_ bytes: UnsafeRawBufferPointer) {
    self.init(
      iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count)
  }
}
