import Resilience
import Testing

@testable import JSON

@Test func valuesAreReadWithTheirKindsAndKeyOrder() throws {
  let value = try JSONValue.parse(
    text: #"{"z":null,"a":[true,false,1,-2.5,"é\n\u0000😀",{}],"m":{"k":[]}}"#)
  #expect(
    value
      == .object([
        JSONMember(key: "z", value: .null),
        JSONMember(
          key: "a",
          value: .array([
            .bool(true), .bool(false), .int(1), .double(-2.5), .string("é\n\u{0}😀"), .object([]),
          ])),
        JSONMember(key: "m", value: .object([JSONMember(key: "k", value: .array([]))])),
      ]))
}

@Test func lookupsFindTheLastDuplicateAndNothingElsewhere() throws {
  let value = try JSONValue.parse(text: #"{"a":1,"b":[10,20],"a":2}"#)
  #expect(value["a"] == 2)
  #expect(value.objectValue?.count == 3)
  #expect(value["c"] == nil)
  #expect(value["b"]?[1] == 20)
  #expect(value["b"]?[2] == nil)
  #expect(value["b"]?[-1] == nil)
  #expect(value["b"]?["a"] == nil)
  #expect(value[0] == nil)
}

@Test func accessorsConvertOnlyWhatLosesNothing() {
  #expect(JSONValue.int(3).doubleValue == 3)
  #expect(JSONValue.double(3).intValue == 3)
  #expect(JSONValue.double(3.5).intValue == nil)
  #expect(JSONValue.double(1e19).intValue == nil)
  #expect(JSONValue.double(0x1p63).intValue == nil)
  #expect(JSONValue.double(-0x1p63).intValue == .min)
  #expect(JSONValue.double(-.infinity).intValue == nil)
  #expect(JSONValue.double(.nan).intValue == nil)
  #expect(JSONValue.string("3").intValue == nil)
  #expect(JSONValue.string("x").stringValue == "x")
  #expect(JSONValue.bool(true).boolValue == true)
  #expect(JSONValue.int(1).boolValue == nil)
  #expect(JSONValue.array([1]).arrayValue == [1])
  #expect(JSONValue.null.isNull)
  #expect(!JSONValue.int(0).isNull)
}

@Test func integersKeepTheir64BitsAndLargerOnesBecomeDoubles() throws {
  let numbers = try JSONValue.parse(
    text: "[9223372036854775807,-9223372036854775808,9223372036854775808,1.0,1e3]")
  #expect(
    numbers
      == .array([.int(.max), .int(.min), .double(9_223_372_036_854_775_808), .double(1), 1e3]))
}

@Test(
  arguments: [
    "null", "true", "[]", "{}", #"{"b":1,"a":[1.5,"x"],"b":2}"#, "-9223372036854775808",
    "5e-324", "1.7976931348623157e+308", "0.1", "-0.0", "100000.5", "[[[]],{}]",
    #""\"\\\b\f\n\r\t\u0001\u001f/é😀""#,
  ])
func textsInOurFormSurviveARoundTrip(text: String) throws {
  #expect(try JSONValue.parse(text: text).text() == text)
}

@Test func writtenTextEscapesWhatJSONDemandsAndNoMore() {
  #expect(JSONValue.string("\u{7F}\u{2028}</é").text() == "\"\u{7F}\u{2028}</é\"")
  #expect(JSONValue.string("\u{0}\u{B}").text() == #""\u0000\u000b""#)
  #expect(JSONValue.object([JSONMember(key: "a\"", value: 1)]).text() == #"{"a\"":1}"#)
}

@Test func numbersThatAreNotFiniteAreWrittenAsNull() {
  #expect(JSONValue.array([.double(.nan), .double(.infinity), 1.5]).text() == "[null,null,1.5]")
}

@Test func everyDoubleReadsBackAsItWasWritten() throws {
  var generator = SplitMix64(seed: 7)
  for _ in 0..<2_000 {
    let number = Double(bitPattern: generator.next())
    guard number.isFinite else { continue }
    #expect(try JSONValue.parse(text: JSONValue.double(number).text()).doubleValue == number)
  }
}

@Test func appendingAddsToWhatIsThere() {
  var bytes = Array("x".utf8)
  JSONValue.array([1, "a"]).append(to: &bytes)
  #expect(bytes == Array("x[1,\"a\"]".utf8))
}

@Test func badTextsThrowWithTheirPlace() {
  let error = #expect(throws: JSONError.self) { try JSONValue.parse(text: "[1, NaN]") }
  #expect(error?.flaw.code == .nonFiniteNumber)
  #expect(error?.description == "reading JSON: NaN at byte 4 is not JSON")
}

@Test func nestingBeyondTheLimitThrows() throws {
  #expect(try JSONValue.parse(text: "[[1]]", depthMax: 2) == [[1]])
  let error = #expect(throws: JSONError.self) {
    try JSONValue.parse(text: "[[[1]]]", depthMax: 2)
  }
  #expect(error?.flaw.code == .tooDeep)
}

@Test func numberListsAreReadByKeyAndTheRestIsIgnored() throws {
  let text = #"""
    {"asset":"BTC","timestamp":[1700000000,1700000060],"close":[1.5,2e3],"none":[],
     "holes":[1,null],"mixed":[1,"2"],"nested":[[1]],"meta":{"close":[9]},"twice":[1],"twice":[2]}
    """#
  let numbers = try Array(text.utf8).withUnsafeBytes { try JSONNumbers.parse($0) }
  #expect(
    numbers == [
      "timestamp": [1_700_000_000, 1_700_000_060], "close": [1.5, 2000], "none": [],
      "twice": [2],
    ])
}

@Test(
  arguments: [
    ("[1,2]", JSONFlaw.Code.wrongShape), ("3", .wrongShape), ("", .empty),
    (#"{"close":[NaN]}"#, .nonFiniteNumber), (#"{"close":[1,2"#, .malformed),
  ])
func numberListsNeedAnObject(text: String, code: JSONFlaw.Code) {
  let error = #expect(throws: JSONError.self) {
    try Array(text.utf8).withUnsafeBytes { try JSONNumbers.parse($0) }
  }
  #expect(error?.flaw.code == code)
}
