import Glibc
import ServiceRuntime
import Testing

@Suite struct HeapPolicyTests {
  /// A round's answers: 55 MB in blocks as large as an answer, on a thread of their own, whose heap
  /// is not the main one.
  private static func faultsOfARound() -> Int {
    let before = faultCount()
    let blocks = (0..<1_000).map { _ in
      let block = UnsafeMutableRawBufferPointer.allocate(byteCount: 55_000, alignment: 16)
      for page in stride(from: 0, to: block.count, by: 4_096) { block[page] = 1 }
      return block
    }
    for block in blocks { block.deallocate() }
    return faultCount() - before
  }

  private static func faultCount() -> Int {
    var usage = rusage()
    getrusage(Int32(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_minflt
  }

  @Test func whatOneRoundHasGivenBackTheNextOneHasWithoutPageFaults() async {
    #expect(HeapPolicy.keepFreedMemory())
    let faults = await Task.detached { (0..<3).map { _ in Self.faultsOfARound() } }.value
    #expect(faults[1] < 1_000 && faults[2] < 1_000, "\(faults)")
  }
}
