import JSON
import Testing

@Suite struct JSONStencilTests {
  private func cut(_ text: String, byteCountMax: Int = 1_000) -> JSONStencil? {
    Array(text.utf8).withUnsafeBytes { JSONStencil(cutFrom: $0, byteCountMax: byteCountMax) }
  }

  /// The numbers of the text at its start, and where it ends.
  private func match(
    _ stencil: JSONStencil, _ text: String, from start: Int = 0
  ) -> (numbers: [Double], end: Int)? {
    var numbers = [Double](repeating: -1, count: stencil.numberCount)
    let end = numbers.withUnsafeMutableBufferPointer { numbers in
      Array(text.utf8).withUnsafeBytes { bytes in
        numbers.baseAddress.flatMap { stencil.match(bytes, from: start, into: $0) }
      }
    }
    return end.map { (numbers, $0) }
  }

  @Test func aTextThatDiffersInItsNumbersAloneIsReadByComparingIt() throws {
    let stencil = try #require(cut(#"{"a": 1, "2\"3": [-4.5e1,true]}, {"rest": 1}"#))
    #expect(stencil.numberCount == 2)
    #expect(
      stencil.text(numberedFrom: 7) == Array(#"{"a": 7, "2\"3": [8,true]}"#.utf8))
    let read = try #require(match(stencil, #"[{"a": -0.25, "2\"3": [1e3,true]}]"#, from: 1))
    #expect(read.numbers == [-0.25, 1_000] && read.end == 33)
  }

  @Test(arguments: [
    #"{"a": 1, "b": 2}"#, #"{"a":1}"#, #"{"a": 1"#, #"{"a": 1 }"#, #"{"b": 1}"#, #"{"a": }"#,
    #"{"a": -}"#, #"{"a": 01}"#, #"{"a": 1.}"#, #"{"a": 1.e5}"#, #"{"a": .5}"#, #"{"a": +1}"#,
    #"{"a": 1e}"#, #"{"a": 1e+}"#, #"{"a": -01.5}"#, #"{"a": 1.5.5}"#, #"{"a": NaN}"#,
    #"{"a": inf}"#, #"{"a": -inf}"#, #"{"a": 0x1}"#, #"{"a": "1"}"#, #"{"a": --1}"#, "", "{",
    #"{"a": 1e400}"#, #"{"a": -1.0e400}"#, #"{"a": 1234567890123456789}"#, #"{"a": 1-2}"#,
  ])
  func anythingElseDoesNotMatch(text: String) throws {
    let stencil = try #require(cut(#"{"a": 1}"#))
    #expect(match(stencil, text) == nil)
  }

  @Test(arguments: [
    "0", "-0", "-0.0", "0.1", "1e5", "1E+05", "-1.5e-05", "123456789012345678", "0e0",
    "9007199254740993", "9007199254740993.0", "9007199254740995.0", "2.2250738585072011e-308",
    "4.9e-324", "1e23",
    "0.00023123456789012345678901234567890", "8.5e307", "1.7976931348623157e308",
    "0.500000000000000166533453693773481063544750213623046875",
  ])
  func aNumberIsTheOneThatTheParserReads(number: String) throws {
    let stencil = try #require(cut("[1]"))
    let read = try #require(match(stencil, "[\(number)]")?.numbers.first)
    let parsed = try #require(try JSONValue.parse(text: number).doubleValue)
    #expect(read.bitPattern == parsed.bitPattern)
  }

  @Test func aRandomNumberIsTheOneThatTheParserReads() throws {
    let stencil = try #require(cut("[1]"))
    let seed = UInt64.random(in: 1...1_000_000)
    var random = Draw(seed: seed)
    for _ in 0..<5_000 {
      let text = random.number()
      let parsed = (try? JSONValue.parse(text: text))?.doubleValue
      let read = match(stencil, "[\(text)]")?.numbers.first
      // What needs a closer look may be left to the parser; what the parser refuses may not match.
      guard let read else { continue }
      #expect(read.bitPattern == parsed?.bitPattern, "\(text), seed \(seed)")
    }
  }

  @Test func aValueWithoutAnEndWithinTheLimitHasNoStencil() {
    #expect(cut(#"{"a": [1, 2}"#) == nil)
    #expect(cut(#"{"a": "}"#) == nil)
    #expect(cut(#""a""#) == nil && cut("1") == nil && cut("") == nil)
    #expect(cut("[[1]]", byteCountMax: 5) != nil && cut("[[1]]", byteCountMax: 4) == nil)
  }

  @Test func aTextCutAnywhereDoesNotMatchAndNothingBehindItIsRead() throws {
    let text = #"{"a": 12.5, "b": [-1e-05, 7]}"#
    let stencil = try #require(cut(text))
    for count in 0..<text.utf8.count {
      #expect(match(stencil, String(text.prefix(count))) == nil)
    }
    #expect(match(stencil, text)?.end == text.utf8.count)
  }
}

/// Random number words, good and bad.
private struct Draw {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  private mutating func below(_ bound: UInt64) -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return (state >> 33) % bound
  }

  private mutating func digits(_ countMax: UInt64) -> String {
    String((0...below(countMax)).map { _ in Character("\(below(10))") })
  }

  mutating func number() -> String {
    var text = below(2) == 0 ? "-" : ""
    text += below(2) == 0 ? "0" : digits(21)
    if below(4) > 0 { text += "." + digits(24) }
    if below(3) == 0 { text += ["e", "E", "e-", "e+"][Int(below(4))] + digits(3) }
    return text
  }
}
