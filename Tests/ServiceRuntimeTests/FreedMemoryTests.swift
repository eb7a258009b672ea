import Glibc
import ServiceRuntime
import Testing

@Suite(.serialized) struct FreedMemoryTests {
  /// The page faults of this thread while it takes as many blocks as a small round has answers,
  /// fills them and gives them back.
  private func faultsOfARound() -> Int {
    func faults() -> Int {
      var usage = rusage()
      getrusage(Int32(RUSAGE_THREAD.rawValue), &usage)
      return usage.ru_minflt
    }
    let before = faults()
    let blocks = (0..<300).map { _ in
      let block = UnsafeMutableRawPointer.allocate(byteCount: 55_000, alignment: 16)
      memset(block, 1, 55_000)
      return block
    }
    for block in blocks { block.deallocate() }
    return faults() - before
  }

  @Test func theSecondRoundGetsThePagesOfTheFirst() {
    #expect(FreedMemory.keep())
    _ = faultsOfARound()
    // 16 MB are some 4,000 pages; without keep() each of them is mapped anew.
    #expect(faultsOfARound() < 400)
  }
}
