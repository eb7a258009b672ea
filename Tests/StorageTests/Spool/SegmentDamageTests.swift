import Competition
import Foundation
import Testing

@testable import Storage

@Suite(.timeLimit(.minutes(3))) struct SegmentDamageTests {
  private let fixture: SpoolFixture
  private let file: SegmentFile
  private let good: SegmentBytes
  private let folder: SpoolFolder

  /// What each record of the round gives, by its place in the file.
  private let outcomes = [
    1: #"0 SUCCESS - [{"a":1}]"#, 2: "2 TIMEOUT LATE: x -", 3: "1 SUCCESS - [2.5]",
  ]

  init() throws {
    fixture = try SpoolFixture()
    file = try fixture.writeRound()
    good = try SegmentBytes(of: file)
    folder = SpoolFolder(directory: fixture.directory)
  }

  /// What is read of a file without the records at `lost`.
  private func expected(without lost: Set<Int>) -> [String] {
    outcomes.filter { !lost.contains($0.key) }.values.sorted()
  }

  @Test func aFlippedBitAnywhereCostsItsRecordAndNoOther() throws {
    for offset in good.bytes.indices {
      let record = good.records.firstIndex { $0.contains(offset) }
      for bit in 0..<8 {
        var bytes = good.bytes
        bytes[offset] ^= 1 << bit
        try good.write(bytes, to: file)
        let place = "byte \(offset), bit \(bit)"
        do {
          let round = try folder.read(file)
          let lost = record.map { [$0] } ?? []
          #expect(try round.outcomes() == expected(without: Set(lost)), "\(place)")
          #expect((round.closing == nil) == (record == 4), "\(place)")
          #expect(round.damage.count == 1, "\(place): \(round.damage)")
          let found = round.damage.first
          #expect(found?.offset == record.map { good.records[$0].lowerBound } ?? 0, "\(place)")
        } catch {
          let code = (error as? SpoolError)?.code
          #expect(code == .damaged && record == 0, "\(place): \(error)")
        }
      }
    }
  }

  @Test func aFlippedBitIsSeenWhenOneValueIsRead() throws {
    let location = try #require(try folder.read(file).answers[0]?.location)
    for offset in location.offset..<location.offset + location.count {
      var bytes = good.bytes
      bytes[offset] ^= 0x10
      try good.write(bytes, to: file)
      #expect(throws: SpoolError.self, "byte \(offset)") {
        try SegmentReader(file).read(location)
      }
    }
  }

  @Test func aFileThatIsCutOffAnywhereKeepsEveryWholeRecord() throws {
    for count in good.bytes.indices {
      try good.write(Array(good.bytes[..<count]), to: file)
      let whole = good.records.indices.filter { good.records[$0].upperBound <= count }
      guard whole.contains(0) else {
        #expect(throws: SpoolError.self, "\(count) bytes") { try folder.read(file) }
        continue
      }
      let round = try folder.read(file)
      let lost = Set(good.records.indices).subtracting(whole)
      #expect(try round.outcomes() == expected(without: lost), "\(count) bytes")
      #expect(round.closing == nil)
      let isBetweenRecords = good.records.contains { $0.upperBound == count }
      #expect(round.damage.isEmpty == isBetweenRecords, "\(count) bytes: \(round.damage)")
      #expect(round.damage.allSatisfy { $0.isTail && $0.kind == .truncated }, "\(count) bytes")
    }
  }

  @Test func garbageBetweenRecordsIsNamedAndCostsNothing() throws {
    let record = Array(good.bytes[good.records[1]])
    var other = record
    other[0] ^= 0xFF
    let kinds: [(String, [UInt8])] = [
      ("one byte", [0x89]), ("zeros", [UInt8](repeating: 0, count: 5_000)),
      ("noise", (0..<70_000).map { UInt8(truncatingIfNeeded: $0 &* 167 >> 3) }),
      ("the marker alone", Array(record[..<8])), ("half a record", Array(record[..<40])),
      ("a record of another file", other),
    ]
    for (name, garbage) in kinds {
      for place in good.records.indices.dropFirst() {
        var bytes = good.bytes
        bytes.insert(contentsOf: garbage, at: good.records[place].lowerBound)
        try good.write(bytes, to: file)
        let round = try folder.read(file)
        #expect(try round.outcomes() == expected(without: []), "\(name) before record \(place)")
        #expect(round.closing != nil)
        #expect(
          round.damage.map(\.offset) == [good.records[place].lowerBound], "\(name): \(place)")
        #expect(round.damage.map(\.byteCount) == [garbage.count], "\(name): \(place)")
        #expect(round.damage.map(\.isTail) == [false])
      }
    }
  }

  @Test func aRemnantOfAnEarlierBatchIsNoAnswer() throws {
    // The record of model 0 once more, behind that of model 1: its number has passed.
    var bytes = good.bytes
    bytes.insert(contentsOf: good.bytes[good.records[1]], at: good.records[4].lowerBound)
    try good.write(bytes, to: file)
    let round = try folder.read(file)
    #expect(round.damage.map(\.kind) == [.noise])
    #expect(round.answers[0]?.recordOffset == good.records[1].lowerBound)
  }

  @Test func anAnswerCannotPassForAnotherModelsRecord() throws {
    let spool = try fixture.open()
    // A model that knows the format, but not the file's marker.
    var fake = SegmentBatch(marker: 0x1122_3344_5566_7788, firstNumber: 9, offset: 0)
    try fake.add(SpoolFixture.answer(0, "[666]"))
    var forged: [UInt8] = []
    try fake.withVectors { vectors in
      for vector in vectors {
        forged += UnsafeRawBufferPointer(start: vector.iov_base, count: vector.iov_len)
      }
    }
    let time = SpoolFixture.start.advanced(by: .seconds(60))
    let writer = try spool.begin(SpoolFixture.opening(at: time))
    let value = SpooledAnswer(
      index: 1, status: .success, execTimeMicros: 1, wasSent: true, detail: nil,
      value: ByteView(copying: forged))
    let location = try #require(try writer.append([value])[0])
    _ = try writer.append([SpoolFixture.answer(2, "[2]")])
    spool.close()
    var bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: writer.file.path)))
    bytes[location.offset + 20] ^= 1
    try good.write(bytes, to: writer.file)
    let round = try folder.read(writer.file)
    #expect(try round.outcomes() == ["2 SUCCESS - [2]"])
    #expect(round.damage.map(\.byteCount) == [location.count])
  }

  @Test func whatABigAnswerHidesIsStillFound() throws {
    let spool = try fixture.open()
    let writer = try spool.begin(
      SpoolFixture.opening(at: SpoolFixture.start.advanced(by: .seconds(60))))
    let big = String(repeating: "0123456789abcdef", count: 40_000)
    let location = try #require(try writer.append([SpoolFixture.answer(0, big)])[0])
    _ = try writer.append([SpoolFixture.answer(1, "[1]")])
    spool.close()
    var bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: writer.file.path)))
    bytes[location.offset + 16] ^= 0x80
    try good.write(bytes, to: writer.file)
    #expect(try folder.read(writer.file).outcomes() == ["1 SUCCESS - [1]"])
  }

  @Test func anotherVersionIsRefusedByNameAndLeftAlone() throws {
    var bytes = good.bytes
    bytes[8] = 2
    let sum = bytes[..<56].withUnsafeBytes { SpoolChecksum.of($0) }
    withUnsafeBytes(of: sum.littleEndian) { bytes.replaceSubrange(56..<64, with: $0) }
    try good.write(bytes, to: file)
    let spool = try fixture.open()
    defer { spool.close() }
    #expect(spool.leftovers().isEmpty)
    #expect(spool.refused.map(\.code) == [.foreignVersion])
    #expect("\(try #require(spool.refused.first))".contains("version 2, this program's is 1"))
    #expect(spool.usage.refusedFiles == 1)
    #expect(spool.usage.bytes == bytes.count)
    #expect(try fixture.names() == [file.name])
  }

  @Test(arguments: [0, 1, 64, 5_000]) func aFileOfZerosIsSetAside(count: Int) throws {
    try good.write([UInt8](repeating: 0, count: count), to: file)
    let spool = try fixture.open()
    defer { spool.close() }
    #expect(spool.leftovers() == [file])
    let error = #expect(throws: SpoolError.self) { try spool.recover(file) }
    #expect(error?.code == .damaged)
    #expect(error?.description.contains("kept as \(file.name).damaged") == true)
    #expect(try fixture.names() == [file.name + ".damaged"])
    #expect(spool.leftovers().isEmpty)
    #expect(spool.usage.damagedFiles == 1)
    #expect(spool.usage.rounds == 0)
    #expect(spool.usage.bytes == count)
  }

  @Test func damageOfAnEndedRoundIsNotTakenForARestart() throws {
    var bytes = good.bytes
    bytes[good.records[1].upperBound - 1] ^= 1
    try good.write(bytes, to: file)
    let spool = try fixture.open()
    defer { spool.close() }
    let round = try spool.recover(file)
    #expect(round.record().records.map(\.status) == [.failed, .success, .timeout, .absent])
    #expect(round.record().records[0].detail?.hasPrefix("SPOOL_DAMAGED: ") == true)
    #expect(spool.usage.damagedRecords == 1)
    #expect(
      round.damage.first?.description
        == "\(file.name): byte \(good.records[1].lowerBound): a record doesn't fit its checksum "
        + "(\(good.records[1].count) bytes)")
  }

  @Test func aModelBeyondTheRosterIsDamage() throws {
    let marker = good.bytes.withUnsafeBytes { $0.littleEndian(UInt64.self, at: 24) }
    var batch = SegmentBatch(marker: marker, firstNumber: 5, offset: good.bytes.count)
    try batch.add(SpoolFixture.answer(4, "[4]"))
    var bytes = good.bytes
    try batch.withVectors { vectors in
      for vector in vectors {
        bytes += UnsafeRawBufferPointer(start: vector.iov_base, count: vector.iov_len)
      }
    }
    try good.write(bytes, to: file)
    let round = try folder.read(file)
    #expect(try round.outcomes() == expected(without: []))
    #expect(round.damage.map(\.kind) == [.malformed])
    #expect(round.record().records.count == 4)
  }
}
