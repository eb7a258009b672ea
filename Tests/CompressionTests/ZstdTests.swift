import Compression
import Testing

@Suite struct ZstdTests {
  private func compressed(_ pieces: [[UInt8]], level: Int = 3) throws -> [UInt8] {
    var compressor = try ZstdCompressor(level: level)
    var result: [UInt8] = []
    for piece in pieces {
      try piece.withUnsafeBytes { bytes in
        try compressor.put(bytes) { result += $0 }
      }
    }
    try compressor.finish { result += $0 }
    return result
  }

  private func expanded(_ bytes: [UInt8], pieceBytes: Int = 1_000) throws -> [UInt8] {
    var expander = try ZstdExpander()
    var result: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: pieceBytes) {
      try bytes[start..<min(start + pieceBytes, bytes.count)].withUnsafeBytes { piece in
        try expander.put(piece) { result += $0 }
      }
    }
    try expander.finish()
    return result
  }

  private static let text = (0..<60_000).flatMap { Array("row \($0 % 977),BTC,3600\n".utf8) }

  @Test(arguments: [1, 3, 19]) func aStreamInPiecesComesBackAsItWas(level: Int) throws {
    let pieces = stride(from: 0, to: Self.text.count, by: 70_001).map {
      Array(Self.text[$0..<min($0 + 70_001, Self.text.count)])
    }
    let small = try compressed(pieces, level: level)
    #expect(small.count < Self.text.count / 10)
    #expect(try expanded(small) == Self.text)
    #expect(try expanded(small, pieceBytes: small.count) == Self.text)
  }

  @Test func anEmptyStreamIsAFrameToo() throws {
    let empty = try compressed([])
    #expect(empty.prefix(4) == [0x28, 0xB5, 0x2F, 0xFD])
    #expect(try expanded(empty) == [])
  }

  @Test func framesOneAfterAnotherAreExpandedTogether() throws {
    let both = try compressed([[1, 2]]) + compressed([[3]])
    #expect(try expanded(both) == [1, 2, 3])
  }

  @Test func aFlippedBitOfTheChecksumIsFound() throws {
    var damaged = try compressed([Self.text])
    // RFC 8878, 3.1.1.1: bit 2 of the frame's descriptor says that its last four bytes are the
    // checksum of the content.
    #expect(damaged[4] & 4 != 0)
    damaged[damaged.count - 2] ^= 1
    let error = try #require(throws: CompressionError.self) { try expanded(damaged) }
    #expect(error.code == .damaged)
    #expect(error.zstdCode != 0)
  }

  @Test func aCutFrameIsTruncatedAndOtherBytesAreDamaged() throws {
    let cut = Array(try compressed([Self.text]).dropLast(5))
    #expect(try #require(throws: CompressionError.self) { try expanded(cut) }.code == .truncated)
    let other = Array("id,model_id\n".utf8)
    #expect(try #require(throws: CompressionError.self) { try expanded(other) }.code == .damaged)
  }

  @Test(arguments: [0, 20, -1]) func aLevelOutsideIsRefusedWithTheRange(level: Int) throws {
    let error = try #require(throws: CompressionError.self) {
      _ = try compressed([], level: level)
    }
    #expect(error.code == .badSetting)
    #expect(error.description.contains("1…19, got \(level)"))
  }
}
