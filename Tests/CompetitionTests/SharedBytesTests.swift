import Competition
import Testing

@Suite struct SharedBytesTests {
  @Test func whatIsFilledInFollowsWhatWasAppended() {
    let block = SharedBytes(capacity: 5)
    [1, 2].withUnsafeBytes { (bytes: UnsafeRawBufferPointer) in
      #expect(block.append(UnsafeRawBufferPointer(rebasing: bytes[..<1])) == 1)
    }
    block.fill { memory in
      #expect(memory.count == 4)
      memory[0] = 7
      memory[1] = 8
      return 2
    }
    #expect(Array(block.bytes) == [1, 7, 8])
    #expect(block.free == 2)
  }

  @Test func aFillThatFailsLeavesTheBlockAsItWas() {
    struct Failure: Error {}
    let block = SharedBytes(capacity: 5)
    #expect(throws: Failure.self) {
      try block.fill { (_) throws(Failure) -> Int in throw Failure() }
    }
    #expect(block.count == 0)
  }
}
