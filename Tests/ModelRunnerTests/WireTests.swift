import Competition
import Resilience
import Testing

@testable import ModelRunner

@Suite struct WireTests {
  /// The request's bytes behind the five of gRPC's frame, as hexadecimal text.
  private func hex(_ call: EncodedCall) -> String {
    withExtendedLifetime(call.frame) { hexText(call.frame.bytes.dropFirst(5)) }
  }

  // Written by hand: CallRequest 1 method, 2 Argument(1 position, 2 Variant), 3 KwArgument(1
  // keyword, 2 Variant), Variant(2 type, 3 value).
  @Test(arguments: [
    (ArgumentValue.none, "12 04 08 01 12 00"),
    (.double(1.5), "12 10 08 01 12 0c 10 01 1a 08 00 00 00 00 00 00 f8 3f"),
    (.double(.nan), "12 10 08 01 12 0c 10 01 1a 08 00 00 00 00 00 00 f8 7f"),
    (.double(-0.0), "12 10 08 01 12 0c 10 01 1a 08 00 00 00 00 00 00 00 80"),
    (.int(3_600), "12 10 08 01 12 0c 10 02 1a 08 10 0e 00 00 00 00 00 00"),
    (.int(-1), "12 10 08 01 12 0c 10 02 1a 08 ff ff ff ff ff ff ff ff"),
    (.int(.min), "12 10 08 01 12 0c 10 02 1a 08 00 00 00 00 00 00 00 80"),
    (.string("BTC"), "12 0b 08 01 12 07 10 03 1a 03 42 54 43"),
    (.string(""), "12 06 08 01 12 02 10 03"),
    (.string("é\u{0}"), "12 0b 08 01 12 07 10 03 1a 03 c3 a9 00"),
    (.parquet([0x50, 0x41]), "12 0a 08 01 12 06 10 04 1a 02 50 41"),
    (.arrow([0xFF]), "12 09 08 01 12 05 10 05 1a 01 ff"),
    (.json("[1]"), "12 0b 08 01 12 07 10 06 1a 03 5b 31 5d"),
  ])
  func everyTypeOfArgumentHasItsBytes(value: ArgumentValue, expected: String) throws {
    let call = try EncodedCall("f", [CallArgument(value)])
    #expect(hex(call) == "0a 01 66 " + expected)
    #expect(call.byteCount == 5 + 3 + (expected.count + 1) / 3)
  }

  @Test func positionsCountFromOneAndKeywordsFollowByName() throws {
    let call = try EncodedCall(
      "go",
      [
        CallArgument(.none), CallArgument(.int(7), keyword: "k"), CallArgument(.string("b")),
      ])
    #expect(
      hex(call)
        == "0a 02 67 6f 12 04 08 01 12 00 12 09 08 02 12 05 10 03 1a 01 62 "
        + "1a 11 0a 01 6b 12 0c 10 02 1a 08 07 00 00 00 00 00 00 00")
    #expect(call.method == "go")
  }

  @Test func aSetupNamesTheClassAndItsArguments() {
    let frame = encodeSetup(baseClass: "a.B", arguments: [CallArgument(.int(1))])
    let text = withExtendedLifetime(frame) { hexText(frame.bytes) }
    #expect(
      text == "00 00 00 00 17 0a 03 61 2e 42 12 10 08 01 12 0c 10 02 1a 08 01 00 00 00 00 00 00 00")
  }

  @Test func theLargestRequestIsEncodedAndOneByteMoreIsRefused() throws {
    // 3 bytes of method, then the lengths: 4 + 5 bytes, position 2, variant 2, value 5.
    let overhead =
      try EncodedCall("f", [CallArgument(.parquet([UInt8](repeating: 0, count: 1 << 22)))])
      .byteCount - 5 - 1 << 22
    let room = Limits.requestBytesMax - overhead
    let largest = [UInt8](repeating: 0, count: room)
    #expect(
      try EncodedCall("f", [CallArgument(.parquet(largest))]).byteCount == Limits.requestBytesMax
        + 5)
    let error = #expect(throws: CallEncodingError.self) {
      try EncodedCall("f", [CallArgument(.parquet(largest + [0]))])
    }
    #expect(error?.byteCount == Limits.requestBytesMax + 1)
    #expect(error?.description.contains("models accept 64") == true, "\(String(describing: error))")
  }

  @Test(
    arguments: [
      (VariantType.none, [], ArgumentValue.none), (.none, [1], .none),
      (.double, [0, 0, 0, 0, 0, 0, 0xF8, 0x3F], .double(1.5)),
      (.int, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], .int(-1)),
      (.string, [0xC3, 0xA9], .string("é")), (.string, [], .string("")),
      (.json, [0x5B, 0x5D], .json("[]")), (.parquet, [1, 2], .parquet([1, 2])),
      (.arrow, [3], .arrow([3])),
    ] as [(VariantType, [UInt8], ArgumentValue)])
  func everyTypeOfReplyIsDecoded(type: VariantType, bytes: [UInt8], value: ArgumentValue) throws {
    #expect(try ReplyValue(type: type, bytes: ByteView(copying: bytes)).decoded() == value)
  }

  @Test(
    arguments: [
      (.double, [1, 2, 3], "a DOUBLE of 3 bytes instead of 8"),
      (.int, [], "an INT of 0 bytes instead of 8"),
      (.int, [UInt8](repeating: 0, count: 9), "an INT of 9 bytes instead of 8"),
      (.string, [0xFF], "a STRING that is not valid UTF-8"),
      (.json, [0x22, 0xC3, 0x22], "a JSON value that is not valid UTF-8"),
    ] as [(VariantType, [UInt8], String)])
  func bytesThatAreNotWhatTheirTypeSaysAreRefused(
    type: VariantType, bytes: [UInt8], reason: String
  ) {
    let value = ReplyValue(type: type, bytes: ByteView(copying: bytes))
    #expect(throws: ReplyValueError(reason: reason)) { try value.decoded() }
  }

  @Test func aReplyAsJSONIsItsTextOrAReason() throws {
    func text(_ type: VariantType, _ bytes: [UInt8]) throws -> String {
      try ReplyValue(type: type, bytes: ByteView(copying: bytes)).jsonText().lossyText
    }
    func bytes(_ number: Double) -> [UInt8] {
      Swift.withUnsafeBytes(of: number.bitPattern.littleEndian) { Array($0) }
    }
    #expect(try text(.none, []) == "null")
    #expect(try text(.json, Array("{\"a\": NaN}".utf8)) == "{\"a\": NaN}", "passed on unread")
    #expect(try text(.string, Array("a\"b\n".utf8)) == "\"a\\\"b\\n\"")
    #expect(try text(.int, [7, 0, 0, 0, 0, 0, 0, 0x80]) == "-9223372036854775801")
    #expect(try text(.double, bytes(1.5)) == "1.5")
    #expect(Double(try text(.double, bytes(1e300))) == 1e300)
    for number in [Double.nan, .infinity, -.infinity] {
      #expect(throws: ReplyValueError.self) { try text(.double, bytes(number)) }
    }
    #expect(throws: ReplyValueError.self) { try text(.parquet, [1]) }
    #expect(throws: ReplyValueError.self) { try text(.arrow, [1]) }
    #expect(throws: ReplyValueError.self) { try text(.string, [0xFF]) }
  }

  @Test func aFailureReportIsTheOrchestratorsJSON() {
    let report = FailureReport(
      modelID: ModelID("m\"1"), code: .multipleTimeout, reason: "line\n2 é", host: "10.0.0.1")
    #expect(
      String(decoding: report.message, as: UTF8.self)
        == "{\"event\":\"report_failure\",\"data\":[{\"model_id\":\"m\\\"1\","
        + "\"failure_code\":\"MULTIPLE_TIMEOUT\",\"failure_reason\":\"line\\n2 é\","
        + "\"ip\":\"10.0.0.1\"}]}")
  }
}

/// Bytes as pairs of hexadecimal digits.
private func hexText(_ bytes: some Sequence<UInt8>) -> String {
  bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
}
