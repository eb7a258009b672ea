import Competition
import Testing

@testable import Storage

@Suite struct LeaseKeyTests {
  @Test func theNumbersAreTheDocumentedOnesForEver() throws {
    let key = LeaseKey(crunchID: "condorgame", shard: try #require(Shard(text: "2/3")))
    #expect(key.lock == key.gate + 3 * 1_024 + 2)
    // FNV-1a of "condorgame", its lower 20 bits cut off.
    #expect(key.gate == Self.condorgame)
    #expect(LeaseKey(crunchID: "condorgame2", shard: .whole).game != key.game)
  }

  @Test func theLowerBitsTellThePartAndTheGateIsNone() throws {
    for text in ["1/1", "1/2", "7/16", "1/1000", "1000/1000"] {
      let shard = try #require(Shard(text: text))
      let key = LeaseKey(crunchID: "a game", shard: shard)
      #expect(key.lock >> LeaseKey.partBits == key.game)
      #expect(LeaseKey.shard(ofPart: key.part) == shard)
    }
    #expect(LeaseKey.shard(ofPart: 0) == nil)
  }

  private static let condorgame: Int64 = 8_714_001_781_408_923_648
}
