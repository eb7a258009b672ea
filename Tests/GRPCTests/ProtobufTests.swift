import GRPC
import Testing

@Suite struct ProtobufTests {
  typealias Field = ProtobufReader.Field

  /// All fields of a message.
  private func read(_ bytes: [UInt8]) throws -> [Field] {
    try bytes.withUnsafeBytes { raw in
      var reader = ProtobufReader(raw)
      var fields: [Field] = []
      while let field = try reader.next() { fields.append(field) }
      return fields
    }
  }

  @Test func everyWireTypeInUseIsRead() throws {
    let fields = try read([
      0x08, 0x96, 0x01,  // 1: 150
      0x11, 1, 2, 3, 4, 5, 6, 7, 8,  // 2: fixed64
      0x1A, 0x03, 0x61, 0x62, 0x63,  // 3: "abc"
      0x25, 0xFF, 0xFE, 0xFD, 0xFC,  // 4: fixed32
      0x1A, 0x00,  // 3: ""
    ])
    #expect(
      fields == [
        .varint(number: 1, value: 150),
        .fixed64(number: 2, value: 0x0807_0605_0403_0201),
        .bytes(number: 3, range: 14..<17),
        .fixed32(number: 4, value: 0xFCFD_FEFF),
        .bytes(number: 3, range: 24..<24),
      ])
    #expect(try read([]) == [])
  }

  @Test(
    arguments: [
      ([0x08, 0x00], 0),
      ([0x08, 0x7F], 127),
      ([0x08, 0x80, 0x01], 128),
      ([0x08, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F], UInt64.max >> 1),
      ([0x08, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], UInt64.max),
      // Longer than needed, which the format allows.
      ([0x08, 0x81, 0x80, 0x00], 1),
    ] as [([UInt8], UInt64)])
  func numbersOfUpToTenBytesAreRead(bytes: [UInt8], value: UInt64) throws {
    #expect(try read(bytes) == [.varint(number: 1, value: value)])
  }

  @Test(
    arguments: [
      [0x08],
      [0x08, 0x80],
      [0x08, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
      [0x08, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02],
      [0x08, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00],
    ] as [[UInt8]])
  func aNumberThatDoesNotEndOrDoesNotFitIsRefusedAtItsFirstByte(bytes: [UInt8]) {
    let error = #expect(throws: ProtobufError.self) { try read(bytes) }
    #expect(error?.offset == 1)
    #expect(error?.description.contains("at byte 1: the number does not end") == true)
  }

  @Test(
    arguments: [
      ([0x11, 1, 2, 3, 4, 5, 6, 7], "a fixed number runs past the end", 1),
      ([0x25, 1, 2, 3], "a fixed number runs past the end", 1),
      ([0x1A, 0x04, 1, 2, 3], "length 4 runs past the end", 1),
      (
        [0x1A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01],
        "length 18446744073709551615 runs past the end", 1
      ),
      ([0x08, 0x01, 0x0B], "wire type 3 is not in use", 2),
      ([0x0C], "wire type 4 is not in use", 0),
      ([0x0E], "wire type 6 is not in use", 0),
      ([0x0F], "wire type 7 is not in use", 0),
      ([0x00, 0x01], "field number 0 is out of range", 0),
      ([0x80, 0x80, 0x80, 0x80, 0x10, 0x01], "field number 536870912 is out of range", 0),
    ] as [([UInt8], String, Int)])
  func aMalformedFieldIsNamedWithItsPlace(bytes: [UInt8], reason: String, offset: Int) {
    let error = #expect(throws: ProtobufError.self) { try read(bytes) }
    #expect(error == ProtobufError(reason: reason, offset: offset))
  }

  @Test func theLargestFieldNumberIsRead() throws {
    #expect(
      try read([0xF8, 0xFF, 0xFF, 0xFF, 0x0F, 0x01]) == [.varint(number: 536_870_911, value: 1)])
  }

  @Test func aReaderOfARangeSeesNothingBeyondIt() throws {
    let bytes: [UInt8] = [0xFF, 0x0A, 0x01, 0x41, 0xFF, 0xFF]
    try bytes.withUnsafeBytes { raw in
      var reader = ProtobufReader(raw, range: 1..<4)
      let first = try reader.next()
      let second = try reader.next()
      #expect(first == .bytes(number: 1, range: 3..<4) && second == nil)
    }
    #expect(throws: ProtobufError.self) {
      try bytes.withUnsafeBytes { raw in
        var short = ProtobufReader(raw, range: 1..<3)
        _ = try short.next()
      }
    }
  }

  @Test func everyPrefixOfAMessageIsReadOrRefusedWithoutAReadPastTheEnd() {
    var writer = ProtobufWriter()
    writer.varint(1, .max)
    writer.text(2, "héllo")
    writer.message(3) { $0.bytes(4, [UInt8](repeating: 7, count: 200)) }
    for length in 0...writer.bytes.count {
      let fields = try? read(Array(writer.bytes.prefix(length)))
      if length == writer.bytes.count { #expect(fields?.count == 3) }
    }
  }

  @Test func whatIsWrittenHasTheBytesOfTheFormat() {
    var writer = ProtobufWriter()
    writer.varint(1, 0)
    writer.varint(2, 300)
    writer.text(3, "é")
    writer.bytes(16, [UInt8]())
    writer.message(5) { inner in
      inner.varint(1, 1)
      inner.message(2) { $0.text(1, "x") }
    }
    #expect(
      writer.bytes == [
        0x08, 0x00, 0x10, 0xAC, 0x02, 0x1A, 0x02, 0xC3, 0xA9, 0x82, 0x01, 0x00, 0x2A, 0x07, 0x08,
        0x01, 0x12, 0x03, 0x0A, 0x01, 0x78,
      ])
  }
}
