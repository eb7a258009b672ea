import Competition
import JSON
import ModelRunner
import Testing

@testable import Updraft

/// The pure parts of `updraft call`.
struct CallPartsTests {
  private let checker = JSONChecker(depthMax: 64, bytesMax: 1 << 20)

  private func rendered(_ type: VariantType, _ bytes: [UInt8]) -> (json: String, note: String?) {
    let value = RenderedValue(
      ReplyValue(type: type, bytes: ByteView(copying: bytes)), checker: checker)
    return (String(decoding: value.json, as: UTF8.self), value.note)
  }

  @Test func valuesOfEveryTypeAreJSONOnOneLine() {
    #expect(rendered(.none, []).json == "null")
    #expect(rendered(.json, Array("{\n\"a\": 1.50}".utf8)).json == "{ \"a\": 1.50}")
    #expect(rendered(.string, Array("a\"\n".utf8)).json == "\"a\\\"\\n\"")
    #expect(rendered(.int, [1, 0, 0, 0, 0, 0, 0, 0]).json == "1")
    #expect(rendered(.double, [0, 0, 0, 0, 0, 0, 0xF8, 0x3F]).json == "1.5")
    #expect(rendered(.parquet, [1, 2, 3]).json == "{\"parquet_bytes\":3}")
    #expect(rendered(.arrow, []).json == "{\"arrow_bytes\":0}")
  }

  @Test func whatJSONCannotHoldIsAStringWithANote() {
    let nan = rendered(.json, Array("[NaN]".utf8))
    #expect(nan.json == "\"[NaN]\"")
    #expect(nan.note?.contains("NaN") == true)
    let infinity = rendered(.double, [0, 0, 0, 0, 0, 0, 0xF0, 0x7F])
    #expect(infinity.json == "\"Infinity\"")
    #expect(infinity.note != nil)
    #expect(rendered(.int, [1]).note?.contains("8") == true)
  }

  @Test func roundTimesAreNearestRankPercentiles() {
    var summary = CallSummary()
    #expect(summary.wallTime(atShare: 0.5) == .zero)
    summary.wallTimes = [4, 1, 3, 2].map { .milliseconds($0) }
    #expect(summary.wallTime(atShare: 0.5) == .milliseconds(2))
    #expect(summary.wallTime(atShare: 0.99) == .milliseconds(4))
    #expect(summary.wallTime(atShare: 1) == .milliseconds(4))
  }

  @Test func endpointsAreAHostAndAPort() {
    #expect(Endpoint(argument: "localhost:9091") == Endpoint(host: "localhost", port: 9_091))
    #expect(Endpoint(argument: "[::1]:80") == Endpoint(host: "::1", port: 80))
    for wrong in ["localhost", ":1", "a:0", "a:65536", "::1:80", "a:b"] {
      #expect(Endpoint(argument: wrong) == nil, "\(wrong)")
    }
  }
}
