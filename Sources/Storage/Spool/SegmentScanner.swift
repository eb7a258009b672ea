import Competition
import JSON

/// Reads a segment from start to end in bounded memory, and finds its way around what is damaged.
///
/// Where a record should begin and doesn't, it looks for the file's marker, which no answer can
/// contain; everything in between is one damage. Values are checked in pieces and not kept.
final class SegmentScanner {
  private let file: SegmentFile
  private let checksValues: Bool
  private let open: OpenFile
  private let size: Int
  private let window: SegmentWindow
  private let checksum = SpoolChecksum()

  private var marker: UInt64 = 0
  private var lastNumber = -1
  private var opening: SpooledOpening?
  private var closing: RoundClosing?
  private var answers: [Int: RecoveredAnswer] = [:]
  private var damage: [SpoolDamage] = []

  /// The longest JSON of a round's header or end, bytes: 16 times what 5,000 models need.
  private static let jsonBytesMax = 64 << 20
  /// What is read at once when values are left out, bytes.
  private static let skimBytes = 4 << 10

  /// Opens a segment; without `checksValues` only the small parts of it are read.
  init(_ file: SegmentFile, checksValues: Bool) throws(SpoolError) {
    self.file = file
    self.checksValues = checksValues
    open = try OpenFile.open(file)
    size = try open.byteCount()
    window = SegmentWindow(
      open, size: size, stepBytes: checksValues ? SegmentWindow.byteCount : Self.skimBytes)
  }

  /// Reads everything that the file held when it was opened.
  ///
  /// - Throws: `SpoolError`: `foreignVersion`, `damaged` when the round's header can't be read,
  ///   `io`.
  func scan() throws(SpoolError) -> RecoveredRound {
    let start = try open.start()
    marker = start.marker
    if start.header == nil {
      note(.fileHeader, at: 0, upTo: SegmentHeader.byteCount)
    }
    var offset = SegmentHeader.byteCount
    while offset < size {
      if let flaw = try readRecord(at: &offset) {
        let next = try nextRecord(after: offset)
        note(flaw, at: offset, upTo: next ?? size)
        offset = next ?? size
      }
    }
    guard let opening else {
      throw SpoolError(
        .damaged, "the round's header can't be read", doing: "read \(file.name)")
    }
    dropStrangers(rosterCount: opening.opening.entries.count)
    return RecoveredRound(
      file: file, byteCount: size, header: opening, closing: closing, answers: answers,
      damage: damage, reader: SegmentReader(open, marker: marker))
  }

  // MARK: Records

  /// Reads the record at `offset` and moves on behind it; else says what is wrong and stays.
  private func readRecord(at offset: inout Int) throws(SpoolError) -> SpoolDamage.Kind? {
    guard let prefix = try prefix(at: offset) else {
      return size - offset < RecordPrefix.byteCount ? .truncated : .noise
    }
    guard prefix.recordBytes <= size - offset else { return .truncated }
    checksum.reset()
    let checked = try window.bytes(at: offset, count: RecordPrefix.checkedByteCount)
    checksum.update(checked)
    let flaw =
      switch RecordPrefix.Kind(rawValue: prefix.kind) {
      case .opening: try readOpening(prefix, at: offset)
      case .answer: try readAnswer(prefix, at: offset)
      case .closing: try readClosing(prefix, at: offset)
      case nil: SpoolDamage.Kind.malformed
      }
    if flaw == nil {
      lastNumber = Int(prefix.number)
      offset += prefix.recordBytes
    }
    return flaw
  }

  /// The prefix at `offset`; nil when none lies there, or one that is older than the last: the
  /// remnant of a batch that was given up.
  private func prefix(at offset: Int) throws(SpoolError) -> RecordPrefix? {
    let bytes = try window.bytes(at: offset, count: RecordPrefix.byteCount)
    guard let prefix = RecordPrefix(bytes, marker: marker), Int(prefix.number) > lastNumber else {
      return nil
    }
    return prefix
  }

  private func readOpening(
    _ prefix: RecordPrefix, at offset: Int
  ) throws(SpoolError) -> SpoolDamage.Kind? {
    let (json, flaw) = try readJSON(prefix, at: offset)
    guard let json else { return flaw }
    guard opening == nil, let header = SpooledOpening(json) else { return .malformed }
    opening = header
    return nil
  }

  private func readClosing(
    _ prefix: RecordPrefix, at offset: Int
  ) throws(SpoolError) -> SpoolDamage.Kind? {
    let (json, flaw) = try readJSON(prefix, at: offset)
    guard let json else { return flaw }
    guard let end = RoundClosing(json) else { return .malformed }
    closing = end
    return nil
  }

  private func readJSON(
    _ prefix: RecordPrefix, at offset: Int
  ) throws(SpoolError) -> (json: JSONValue?, flaw: SpoolDamage.Kind?) {
    guard prefix.payloadBytes <= Self.jsonBytesMax else { return (nil, .malformed) }
    let bytes = try open.bytes(
      at: offset + RecordPrefix.byteCount, count: prefix.payloadBytes)
    bytes.withUnsafeBytes { checksum.update($0) }
    guard checksum.value == prefix.checksum else { return (nil, .checksum) }
    do throws(JSONError) {
      return (try JSONValue.parse(bytes: bytes), nil)
    } catch {
      return (nil, .malformed)
    }
  }

  private func readAnswer(
    _ prefix: RecordPrefix, at offset: Int
  ) throws(SpoolError) -> SpoolDamage.Kind? {
    let payload = offset + RecordPrefix.byteCount
    let head = try window.bytes(at: payload, count: AnswerFields.byteCount)
    guard let fields = AnswerFields(head, payloadBytes: prefix.payloadBytes) else {
      return .checksum
    }
    let detailEnd = AnswerFields.byteCount + (fields.detailBytes ?? 0)
    let small = try window.bytes(at: payload, count: detailEnd)
    guard small.count == detailEnd else { return .truncated }
    let detail = fields.detailBytes.map { _ in
      String(decoding: small[AnswerFields.byteCount..<detailEnd], as: UTF8.self)
    }
    if checksValues {
      checksum.update(UnsafeRawBufferPointer(rebasing: small[..<detailEnd]))
      try updateChecksum(from: payload + detailEnd, upTo: payload + prefix.payloadBytes)
      guard checksum.value == prefix.checksum else { return .checksum }
    }
    let location = SpoolLocation(offset: offset, count: prefix.recordBytes)
    answers[fields.index] = RecoveredAnswer(
      answer: SpooledAnswer(
        index: fields.index, status: fields.status, execTimeMicros: fields.execTimeMicros,
        wasSent: fields.wasSent, detail: detail, value: nil),
      valueBytes: fields.valueBytes ?? 0,
      location: fields.valueBytes.map { _ in location }, recordOffset: offset)
    return nil
  }

  private func updateChecksum(from start: Int, upTo end: Int) throws(SpoolError) {
    var offset = start
    while offset < end {
      let piece = try window.bytes(at: offset, count: min(end - offset, SegmentWindow.byteCount))
      // The file has become shorter while it was read: the checksum won't fit.
      if piece.isEmpty { return }
      checksum.update(piece)
      offset += piece.count
    }
  }

  // MARK: Damage

  /// The first place behind `offset` where a record begins.
  private func nextRecord(after offset: Int) throws(SpoolError) -> Int? {
    let firstByte = UInt8(truncatingIfNeeded: marker)
    var position = offset + 1
    while position + RecordPrefix.byteCount <= size {
      let piece = try window.bytes(at: position, count: SegmentWindow.byteCount)
      if piece.isEmpty { return nil }
      guard let hit = piece.firstIndex(of: firstByte) else {
        position += piece.count
        continue
      }
      position += hit
      if try prefix(at: position) != nil { return position }
      position += 1
    }
    return nil
  }

  /// Answers of models that the roster doesn't have: nothing says whose they are.
  private func dropStrangers(rosterCount: Int) {
    for (index, answer) in answers where index >= rosterCount {
      answers[index] = nil
      let end = answer.location.map { $0.offset + $0.count } ?? answer.recordOffset
      note(.malformed, at: answer.recordOffset, upTo: end)
    }
  }

  private func note(_ kind: SpoolDamage.Kind, at offset: Int, upTo end: Int) {
    damage.append(
      SpoolDamage(
        fileName: file.name, offset: offset, byteCount: end - offset, kind: kind,
        isTail: end == size))
  }
}
