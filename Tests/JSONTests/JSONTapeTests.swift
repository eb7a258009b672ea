import JSON
import Testing

@Suite struct JSONTapeTests {
  private let reader = JSONTapeReader(depthMax: 8, bytesMax: 4 << 20)

  private func read<Answer>(_ text: String, _ body: (JSONTape) -> Answer) throws -> Answer {
    try Array(text.utf8).withUnsafeBytes { try reader.withTape(of: $0, body) }
  }

  private func text(_ tape: JSONTape, _ index: Int) -> String? {
    tape.text(at: index).map { String(decoding: $0, as: UTF8.self) }
  }

  @Test func aDocumentIsOneListOfTokensWithTheWayToTheNext() throws {
    try read(#"{"a":[1,-2.5,true],"b\u0041":null,"c":{}}"#) { tape in
      #expect(tape.count == 10)
      #expect(tape.kind(at: 0) == .object && tape.end(of: 0) == 10)
      #expect(text(tape, 1) == "a")
      #expect(tape.kind(at: 2) == .array && tape.end(of: 2) == 6)
      #expect([3, 4, 5].map { tape.number(at: $0) } == [1, -2.5, 1])
      #expect(tape.kind(at: 5) == .bool)
      #expect(text(tape, 6) == "bA")
      #expect(tape.kind(at: 7) == .null && tape.number(at: 7) == nil && text(tape, 7) == nil)
      #expect(tape.kind(at: 9) == .object && tape.end(of: 9) == 10)
    }
  }

  @Test func aLargeTextGrowsTheTapeAndTheNextOneIsReadAsWell() throws {
    let count = 400_000
    let long = "[" + Array(repeating: "1.5", count: count).joined(separator: ",") + "]"
    #expect(try read(long) { $0.count } == count + 1)
    #expect(try read("[7]") { $0.number(at: 1) } == 7)
    #expect(try read("18446744073709551615") { $0.number(at: 0) } == 0x1p64)
  }

  @Test func whatIsNoJSONOrBeyondALimitIsRefusedWithItsFlaw() throws {
    for (text, code) in [
      ("[NaN]", JSONFlaw.Code.nonFiniteNumber), ("", .empty), ("[[[[[[[[[1]]]]]]]]]", .tooDeep),
      (String(repeating: " ", count: 5 << 20), .tooLarge),
    ] {
      let error = #expect(throws: JSONError.self) { try read(text) { _ in 0 } }
      #expect(error?.flaw.code == code)
    }
  }
}
