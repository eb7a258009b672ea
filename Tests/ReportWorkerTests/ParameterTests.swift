import Competition
import JSON
import Testing

@testable import Reporting

@Suite struct ParameterTests {
  @Test func aQueryIsDecodedLikeAForm() {
    let query = QueryText("a=1&b=x+y&b=%C3%A9%zz&c&d=%00&=e&%61=2")
    #expect(query.all("b") == ["x y", "é%zz"])
    #expect(query.last("a") == "2")
    #expect(query.all("c") == [""])
    #expect(query.last("d") == "\0")
    #expect(query.last("x") == nil)
    #expect(QueryText("").fields.isEmpty)
  }

  @Test(arguments: [
    ("2026-11-22T11:01:54.820462", "2026-11-22T11:01:54.820462"),
    ("2026-11-22T11:01:54Z", "2026-11-22T11:01:54"),
    ("2026-11-22 12:01:54+01:00", "2026-11-22T11:01:54"),
    ("2026-11-22_11:01:54,5", "2026-11-22T11:01:54.500000"), ("2026-11-22", "2026-11-22T00:00:00"),
    ("1795345314", "2026-11-22T11:01:54"), ("1795345314820", "2026-11-22T11:01:54.820000"),
  ])
  func timesAreReadInEveryFormThatFastAPITakes(text: String, iso: String) throws {
    #expect(try TimeParameter.read(text).get().iso8601 == iso)
  }

  @Test(arguments: [
    ("", "input is too short"), ("tomorrow-or-so", "invalid character in year"),
    ("2026/11/22", "invalid date separator, expected `-`"),
    ("2026-13-01", "month value is outside expected range of 1-12"),
    ("2026-02-30", "day value is outside expected range"),
    ("2026-11-22T25:00:00", "unexpected extra characters at the end of the input"),
    ("1e5", "input is too short"), ("inf", "input is too short"),
  ])
  func whatIsWrongWithATimeIsToldInPydanticsWords(text: String, reason: String) {
    #expect(TimeParameter.read(text) == .failure(TimeParameter.Flaw(reason)))
  }

  @Test func everyWrongParameterIsToldInOneAnswer() throws {
    var reader = ParameterReader(QueryText("start=x&limit=-1&offset=a"))
    _ = reader.ids()
    _ = reader.time("start")
    _ = reader.time("end")
    _ = reader.page()
    let failure = try #require(throws: ReportFailure.self) { try reader.finish() }
    #expect(failure.status == 422)
    let kinds = failure.detail.arrayValue?.map { $0["type"]?.stringValue }
    #expect(
      kinds == [
        "missing", "datetime_from_date_parsing", "missing", "greater_than_equal", "int_parsing",
      ])
  }

  @Test func idsAreTakenUpToTheirBound() throws {
    func read(_ count: Int) throws -> [String] {
      var reader = ParameterReader(
        QueryText("projectIds=" + (1...count).map(String.init).joined(separator: ",")))
      let ids = reader.ids()
      try reader.finish()
      return ids
    }
    #expect(try read(ParameterReader.idsMax).count == ParameterReader.idsMax)
    #expect(throws: ReportFailure.self) { try read(ParameterReader.idsMax + 1) }
  }

  @Test func aWrongValueIsSentBackShortened() {
    let long = String(repeating: "é", count: 10_000)
    let text = ValidationFlaw.number("limit", long).json["input"]?.stringValue ?? ""
    #expect(text.utf8.count <= ValidationFlaw.inputBytesMax + 8)
  }
}
