import Testing

@testable import JSON

/// The verdict on a text, by a checker of the default limits.
private func verdict(on text: String, depthMax: Int = 64, bytesMax: Int = 1 << 20) -> JSONVerdict {
  verdict(on: Array(text.utf8), depthMax: depthMax, bytesMax: bytesMax)
}

private func verdict(
  on bytes: [UInt8], depthMax: Int = 64, bytesMax: Int = 1 << 20
) -> JSONVerdict {
  let checker = JSONChecker(depthMax: depthMax, bytesMax: bytesMax)
  return bytes.withUnsafeBytes { checker.check($0) }
}

@Test(
  arguments: [
    ("{}", JSONKind.object), ("[]", .array), ("[{\"a\":[1,2.5,-3e-7]}]", .array),
    ("\"text\"", .string), (" 12 ", .number), ("-0", .number), ("1E5", .number),
    ("true", .bool), ("false\n", .bool), ("null", .null), ("\"\\u0000\"", .string),
    ("\"\\ud83d\\ude00 😀 \u{7F}\u{FFFF}\"", .string), ("18446744073709551615", .number),
    ("-9223372036854775808", .number), ("1e-400", .number), ("4.9e-324", .number),
    ("{\"a\":1,\"a\":2}", .object), ("\t\r\n [ ] ", .array), ("{\"\":\"\"}", .object),
  ])
func goodTextsAreValidAndTellTheirKind(text: String, kind: JSONKind) {
  #expect(verdict(on: text) == .valid(kind))
}

/// Text, code, byte offset, and whether PostgreSQL has to be asked.
private let oddTexts: [(String, JSONFlaw.Code, Int?, Bool)] = [
  ("NaN", .nonFiniteNumber, 0, false),
  ("[{\"loc\": 1, \"b\": NaN}]", .nonFiniteNumber, 17, false),
  ("[Infinity]", .nonFiniteNumber, 1, false),
  ("[1, -Infinity]", .nonFiniteNumber, 4, false),
  ("[nan]", .nonFiniteNumber, 1, false),
  ("[inf,1]", .nonFiniteNumber, 1, false),
  ("", .empty, nil, false),
  (" \n\t ", .empty, nil, false),
  ("None", .malformed, 0, false),
  ("{'a': 1}", .malformed, 1, false),
  ("<html>", .malformed, 0, false),
  ("nul", .malformed, 0, false),
  ("[truex]", .malformed, 1, false),
  ("01", .malformed, 0, false),
  ("[1, .5]", .malformed, 4, false),
  ("[1.]", .malformed, 1, false),
  ("[+1]", .malformed, 1, false),
  ("[-]", .malformed, 1, false),
  ("[1e]", .malformed, 1, false),
  ("[0x10]", .malformed, 1, false),
  ("[1\"a\"]", .malformed, 1, false),
  ("\u{FEFF}[1]", .malformed, 0, false),
  ("[1\u{A0}]", .malformed, 1, false),
  ("1\u{0}", .malformed, 0, false),
  ("\"a\"\u{0}", .malformed, 3, false),
  ("[1]\u{0}", .malformed, 3, false),
  ("\"a\u{0}b\"", .malformed, 2, false),
  ("\"a\nb\"", .malformed, 2, false),
  ("[\"\\x41\"]", .malformed, 2, false),
  ("[\"\\u12g4\"]", .malformed, 2, false),
  ("[\"\\u12\"]", .malformed, 2, false),
  ("\"abc", .malformed, 0, false),
  ("\"abc\\", .malformed, 0, false),
  ("\"abc\\\"", .malformed, 0, false),
  ("[1, {\"a\": [2}", .malformed, 12, false),
  ("[[1, 2", .malformed, 1, false),
  ("]", .malformed, 0, false),
  ("{}}", .malformed, 2, false),
  ("[1,]", .malformed, nil, false),
  ("{\"a\" 1}", .malformed, nil, false),
  ("{1: 2}", .malformed, nil, false),
  ("[1] [2]", .malformed, nil, false),
  ("1 2", .malformed, nil, false),
  (",", .malformed, nil, false),
  ("[\"\\ud800\"]", .loneSurrogate, 2, true),
  ("[\"\\udc00\\ud800\"]", .loneSurrogate, 2, true),
  ("\"\\ud83dx\"", .loneSurrogate, 1, true),
  ("\"\\ud83d\\u0041\"", .loneSurrogate, 1, true),
  ("{\"\\uDEAD\": 1}", .loneSurrogate, 2, true),
  ("[1e400]", .numberOutOfRange, 1, true),
  ("[-1e400]", .numberOutOfRange, 1, true),
  ("123456789012345678901234567890", .numberOutOfRange, 0, true),
  ("[18446744073709551616]", .numberOutOfRange, 1, true),
  ("[-9223372036854775809]", .numberOutOfRange, 1, true),
  ("[\"\\ud800\", 1e400, NaN]", .nonFiniteNumber, 18, false),
  ("[1e400, \"\\q\"]", .malformed, 9, false),
]

@Test(arguments: oddTexts)
func oddTextsAreRefusedWithTheirCauseAndPlace(
  text: String, code: JSONFlaw.Code, byteOffset: Int?, asksPostgreSQL: Bool
) throws {
  let flaw = try #require(verdict(on: text).flaw)
  #expect(flaw.code == code)
  #expect(flaw.byteOffset == byteOffset)
  #expect(flaw.mayBeAcceptedByPostgreSQL == asksPostgreSQL)
  #expect(flaw.libraryCode != 0)
  #expect(!flaw.text.isEmpty)
}

@Test func flawTextsNameTheCauseForPeople() {
  let texts = ["[{\"loc\": 1, \"b\": NaN}]", "{'a': 1}", "[1, 2", "\"\\ud800\"", "[1,]", "1e999"]
  #expect(
    texts.map { verdict(on: $0).flaw?.text } == [
      "NaN at byte 17 is not JSON",
      "''a'' at byte 1 is not JSON",
      "the text ends before the '[' of byte 0 is closed",
      "the escape \\ud800 at byte 1 is half a character",
      "commas, colons, brackets or keys are out of place in '[1,]'",
      "the number '1e999' at byte 0 is too large for 64 bits or a double",
    ])
}

@Test(
  arguments: [
    ([0xFF], 0), (Array("[\"a".utf8) + [0xC3, 0x28] + Array("\"]".utf8), 3),
    (Array("\"é".utf8) + [0xED, 0xA0, 0x80, 0x22], 3), ([0x22, 0xC0, 0x80, 0x22], 1),
    ([0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], 1), ([0x22, 0xE2, 0x82, 0x22], 1),
  ] as [([UInt8], Int)])
func textsThatAreNotUTF8AreRefusedAtTheByte(bytes: [UInt8], byteOffset: Int) throws {
  let flaw = try #require(verdict(on: bytes).flaw)
  #expect(flaw.code == .invalidUTF8)
  #expect(flaw.byteOffset == byteOffset)
  #expect(!flaw.mayBeAcceptedByPostgreSQL)
}

@Test(arguments: [1, 3, 64, 1024])
func nestingIsAcceptedAtItsLimitAndRefusedOnePast(depthMax: Int) throws {
  func nested(_ depth: Int) -> String {
    String(repeating: "[", count: depth) + "1" + String(repeating: "]", count: depth)
  }
  #expect(verdict(on: nested(depthMax), depthMax: depthMax) == .valid(.array))
  let flaw = try #require(verdict(on: nested(depthMax + 1), depthMax: depthMax).flaw)
  #expect(flaw.code == .tooDeep)
  #expect(flaw.text == "nested more than \(depthMax) levels deep")
}

@Test func lengthIsAcceptedAtItsLimitAndRefusedOnePast() throws {
  #expect(verdict(on: "[1,2]", bytesMax: 5) == .valid(.array))
  let flaw = try #require(verdict(on: "[1,2] ", bytesMax: 5).flaw)
  #expect(flaw.code == .tooLarge)
  #expect(flaw.text == "6 bytes of JSON are more than the limit, 5")
}

@Test func aCheckerKeepsNothingOfTheTextBefore() {
  let checker = JSONChecker(depthMax: 8, bytesMax: 4 << 20)
  func check(_ text: String) -> JSONVerdict { Array(text.utf8).withUnsafeBytes(checker.check) }
  let long = "[" + String(repeating: "1,", count: 1 << 20) + "1]"
  #expect(check("[[[[[[[[1]]]]]]]]") == .valid(.array))
  #expect(check(long) == .valid(.array))
  #expect(check("[1, 2").flaw?.code == .malformed)
  #expect(check("12") == .valid(.number))
  #expect(check("[[[[[[[[[1]]]]]]]]]").flaw?.code == .tooDeep)
  #expect(check("").flaw?.code == .empty)
  #expect(check("null") == .valid(.null))
}

@Test func aFloodOfOpenBracketsIsRefusedWithoutTrackingThemAll() throws {
  let brackets = String(repeating: "[", count: 100_000)
  #expect(verdict(on: brackets).flaw?.code == .malformed)
  #expect(verdict(on: brackets + "\"").flaw?.code == .malformed)
  let closed = brackets + String(repeating: "]", count: 100_000)
  #expect(verdict(on: closed).flaw?.code == .tooDeep)
}

@Test(
  arguments: [
    ("[]", 0, nil), ("[{},{\"a\":1}]", 2, nil),
    ("[{},{}]", 3, "3 densities are expected, got 2"),
    ("[{},{},{}]", 2, "2 densities are expected, got 3"),
    ("[{},5]", 2, "density 2 of 2 must be an object, got number"),
    ("[[],{}]", 2, "density 1 of 2 must be an object, got array"),
    ("[null]", 1, "density 1 of 1 must be an object, got null"),
    ("{}", 1, "1 densities are expected in a list, got one object"),
    ("null", 1, "1 densities are expected in a list, got one null"),
  ] as [(String, Int, String?)])
func densitiesMustBeAListOfAsManyObjectsAsSteps(text: String, stepCount: Int, cause: String?) {
  let checker = JSONChecker(depthMax: 64, bytesMax: 1 << 20)
  let verdict = Array(text.utf8).withUnsafeBytes {
    checker.checkDensities($0, stepCount: stepCount)
  }
  #expect(verdict.flaw?.text == cause)
  #expect(verdict.flaw?.code == (cause == nil ? nil : .wrongShape))
  #expect(verdict.flaw?.mayBeAcceptedByPostgreSQL != true)
}

@Test func densitiesAreCheckedAsJSONFirst() {
  let checker = JSONChecker(depthMax: 64, bytesMax: 1 << 20)
  let verdict = Array("[{\"a\":NaN}]".utf8).withUnsafeBytes {
    checker.checkDensities($0, stepCount: 2)
  }
  #expect(verdict.flaw?.code == .nonFiniteNumber)
}
