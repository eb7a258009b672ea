import Logging
import Storage
import Testing

@testable import Reporting

@Suite struct CacheTests {
  @Test func gzipGivesTheSameBytesAndOnlyWhenThatIsShorter() async throws {
    let text = String(repeating: "{\"rank\":1},", count: 1_000)
    let body = ReportBody(Array(text.utf8))
    let small = try #require(await body.gzipped())
    #expect(small.bytes.prefix(2) == [0x1F, 0x8B])
    #expect(small.bytes.count < body.bytes.count / 10)
    #expect(small.tag == body.tag)
    #expect(await body.gzipped() === small)
    #expect(await ReportBody(Array("[]".utf8)).gzipped() == nil)
    let noise = (0..<2_000).map { _ in UInt8.random(in: 0...255) }
    #expect(await ReportBody(noise).gzipped() == nil)
  }

  @Test func tagsDifferWhenBytesDo() {
    let tags = (0..<100).map { ReportBody(Array("\($0)".utf8)).tag }
    #expect(Set(tags).count == 100)
    #expect(tags[0] == ReportBody(Array("0".utf8)).tag)
    #expect(tags[0].hasPrefix("W/\"") && tags[0].utf8.count == 36)
  }

  @Test func aBodyIsPutIntoTheServersFormOnce() {
    let body = ReportBody([1, 2, 3])
    var count = 0
    for _ in 0..<3 {
      let form = body.form { bytes in
        count += 1
        return bytes.count
      }
      #expect(form == 3)
    }
    #expect(count == 1)
  }

  @Test func theWayOfAskingThatWorkedIsRemembered() {
    let memory = VariantMemory()
    #expect(memory.start(of: "a") == 0)
    memory.remember(1, of: "a")
    #expect(memory.start(of: "a") == 1)
    #expect(memory.start(of: "b") == 0)
  }
}
