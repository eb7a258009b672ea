import Competition
import Logging
import Testing

@testable import Telemetry

@Suite struct LogHandlerTests {
  private let time = UTCTime(microsecondsSinceEpoch: 1_795_345_314_820_462)

  private func event(_ message: String, _ metadata: Logger.Metadata = [:]) -> LogEvent {
    LogEvent(
      level: .notice, message: "\(message)", metadata: metadata, source: "", file: "", function: "",
      line: 1)
  }

  @Test func aTextLineHasTimeLevelProgramMessageAndSortedFields() {
    let handler = TextLogHandler(label: "orchestrator", level: .info)
    let line = handler.line(
      event("model started", [LogKey.model: "m7", "b": "", LogKey.attempt: "2"]), at: time)
    #expect(
      line == "2026-11-22T11:01:54.820Z notice  [orchestrator] model started "
        + "attempt=2 b=\"\" model=m7\n")
  }

  @Test func aTimestampHasThreeDecimalsAlsoWhenTheyAreZero() {
    let whole = UTCTime(secondsSinceEpoch: 1_795_345_314)
    #expect(LogLine.timestamp(whole) == "2026-11-22T11:01:54.000Z")
    #expect(LogLine.timestamp(whole.advanced(by: .milliseconds(7))) == "2026-11-22T11:01:54.007Z")
  }

  @Test func whatAParticipantSendsCannotBreakOrForgeATextLine() {
    let handler = TextLogHandler(label: "w", level: .info)
    let forged = "x\n2026-11-22T11:01:54.820Z error [w] all is lost"
    let line = handler.line(event(forged, ["reason": "a=1 \u{1b}[2J\r\n"]), at: time)
    #expect(line.split(separator: "\n").count == 1)
    #expect(line.contains("x\\n2026"))
    #expect(line.contains("reason=\"a=1 \\u001b[2J\\r\\n\""))
  }

  @Test func longTextsAreCutAtACharacterAndSayWhatIsMissing() {
    let text = String(repeating: "é", count: LogLine.valueBytesMax)
    let cut = LogLine.cut(text, to: LogLine.valueBytesMax - 1)
    #expect(cut.hasSuffix("é… (+2050 bytes)"))
    #expect(LogLine.cut("short", to: 5) == "short")
    #expect(LogLine.cut("short", to: 4) == "shor… (+1 bytes)")
  }

  @Test func aJSONLineKeepsNumbersNestingAndTheFourFirstKeys() {
    let handler = JSONLogHandler(label: "predict-worker", level: .info)
    let line = handler.line(
      event(
        "round \"1\"",
        [
          "success": .stringConvertible(20), "share": .stringConvertible(0.25),
          "nan": .stringConvertible(Double.nan), "late": .stringConvertible(true),
          "level": "mine", "models": ["a", "b\n"], "scores": ["b": "1", "a": "2"],
        ]), at: time)
    #expect(
      line == "{\"time\":\"2026-11-22T11:01:54.820Z\",\"level\":\"notice\","
        + "\"logger\":\"predict-worker\",\"message\":\"round \\\"1\\\"\",\"late\":true,"
        + "\"level_\":\"mine\",\"models\":[\"a\",\"b\\n\"],\"nan\":null,"
        + "\"scores\":{\"a\":\"2\",\"b\":\"1\"},\"share\":0.25,\"success\":20}\n")
  }

  @Test func theEventsMetadataWinsOverTheProvidersAndTheHandlers() {
    var handler = TextLogHandler(label: "w", level: .info)
    handler[metadataKey: "a"] = "handler"
    handler[metadataKey: "b"] = "handler"
    handler[metadataKey: "c"] = "handler"
    handler.metadataProvider = Logger.MetadataProvider { ["b": "provider", "c": "provider"] }
    let line = handler.line(event("m", ["c": "event"]), at: time)
    #expect(line.hasSuffix("] m a=handler b=provider c=event\n"))
  }

  @Test func levelsAndFormatsReadTheirOwnNamesAndNothingElse() {
    #expect(LogLevel.allCases.map { "\($0.loggerLevel)" } == LogLevel.allCases.map(\.rawValue))
    #expect(LogLevel(rawValue: "INFO") == nil)
    #expect(LogFormat(rawValue: "json") == .json)
    #expect(LogFormat(rawValue: "xml") == nil)
  }
}
