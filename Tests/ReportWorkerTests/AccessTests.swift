import Testing

@testable import Reporting

@Suite struct AccessTests {
  private let reading = "reading-key-0123456789"
  private let admin = "admin-key-0123456789abc"

  @Test func keysOpenTheirTiers() throws {
    let keys = try AccessKeys(
      text: "# ours\n\(reading)\n admin:\(admin) , read:other-key-0123456789")
    #expect(keys.tier(of: reading) == .read)
    #expect(keys.tier(of: admin) == .admin)
    #expect(keys.tier(of: "other-key-0123456789") == .read)
    #expect(keys.tier(of: nil) == .open)
    #expect(keys.tier(of: "") == nil)
    #expect(keys.tier(of: reading + "x") == nil)
    #expect(keys.tier(of: String(repeating: "x", count: AccessKeys.keyBytesMax + 1)) == nil)
    #expect(AccessKeys().tier(of: nil) == .admin)
  }

  @Test(arguments: ["", "# nothing", "short", "owner:0123456789abcdef", "open:0123456789abcdef"])
  func keysThatCanNotBeMeantAreRefusedWithoutShowingThem(text: String) throws {
    let error = try #require(throws: AccessKeyError.self) { try AccessKeys(text: text) }
    #expect(!error.description.contains("0123456789"))
  }

  @Test func aKeyOfTheLeastLengthPassesAndOneByteLessDoesNot() throws {
    let least = String(repeating: "k", count: AccessKeys.keyBytesMin)
    #expect(try AccessKeys(text: least).tier(of: least) == .read)
    #expect(throws: AccessKeyError.self) { try AccessKeys(text: String(least.dropLast())) }
  }

  @Test func onlyTheOriginsThatWereSetMayRead() {
    let some = CrossOrigin(origins: ["https://a.example"])
    #expect(some.headers(for: "https://a.example").contains { $0.value == "https://a.example" })
    #expect(some.headers(for: "https://b.example").map(\.name) == ["Vary"])
    #expect(some.preflight(origin: "https://b.example") == nil)
    #expect(CrossOrigin(origins: []).headers(for: "https://a.example").isEmpty)
    #expect(CrossOrigin(origins: ["*"]).headers(for: "https://x").contains { $0.value == "*" })
  }

  @Test(arguments: [
    ("gzip", true), ("br, gzip;q=0.5", true), ("*", true), ("GZIP ; q=1", true),
    ("gzip;q=0", false),
    ("gzip; q=0.000", false), ("identity", false), ("", false),
  ])
  func gzipIsSentToThoseThatTakeIt(header: String, takes: Bool) {
    var request = ReportRequest(method: "GET", target: "/")
    #expect(!request.takesGzip)
    request.acceptEncoding = header
    #expect(request.takesGzip == takes)
  }

  @Test func aTagIsRecognisedInEveryForm() {
    var request = ReportRequest(method: "GET", target: "/")
    let tag = ReportBody(Array("x".utf8)).tag
    #expect(!request.holds(tag))
    for header in [tag, "*", "\"a\", \(tag)", String(tag.dropFirst(2))] {
      request.ifNoneMatch = header
      #expect(request.holds(tag))
    }
    request.ifNoneMatch = ReportBody(Array("y".utf8)).tag
    #expect(!request.holds(tag))
  }
}
