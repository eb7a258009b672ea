import Competition
import JSON
import Resilience
import Testing

@testable import Orchestration

func feedEntry(
  _ id: String, _ state: FeedState = .running, deployment: String = "d", port: UInt16 = 1
) -> FeedEntry {
  FeedEntry(
    ModelDescription(
      modelID: ModelID(id), deploymentID: deployment,
      infos: ModelInfos(modelName: "n", cruncherID: "c", cruncherName: "C"), host: "127.0.0.1",
      port: port),
    state: state)
}

@Test func anEntryIsWrittenAsThePythonClientReadsIt() {
  var entry = feedEntry("1", deployment: "1_x", port: 50_051)
  entry.description.infos.modelName = nil
  entry.description.infos.cruncherHotkey = "H"
  let message = FeedMessage.encode(.initial, [entry]).map { String(decoding: $0, as: UTF8.self) }
  #expect(
    message == [
      #"{"event":"init","data":[{"deployment_id":"1_x","model_id":"1","infos":{"model_name":null,"#
        + #""cruncher_id":"c","cruncher_name":"C","cruncher_hotkey":"H"},"state":"RUNNING","#
        + #""ip":"127.0.0.1","port":50051}]}"#
    ])
}

@Test func aLargeInitGoesOnInUpdatesBelowTheClientsLimit() throws {
  let entries = (0..<15_000).map { feedEntry("model-\($0)") }
  let messages = FeedMessage.encode(.initial, entries)
  #expect(messages.count >= 3)
  var ids: [String] = []
  for (index, message) in messages.enumerated() {
    #expect(message.count <= 1 << 20)
    let value = try message.withUnsafeBytes { try JSONValue.parse($0) }
    #expect(value["event"]?.stringValue == (index == 0 ? "init" : "update"))
    ids += (value["data"]?.arrayValue ?? []).compactMap { $0["model_id"]?.stringValue }
  }
  #expect(ids == entries.map(\.description.modelID.rawValue))
}

@Test func aMessageExactlyAtTheLimitIsNotSplit() {
  let entries = [feedEntry("1"), feedEntry("2")]
  let whole = FeedMessage.encode(.update, entries, limit: .max)[0].count
  #expect(FeedMessage.encode(.update, entries, limit: whole).count == 1)
  #expect(FeedMessage.encode(.update, entries, limit: whole - 1).count == 2)
}

@Test func anEmptyInitIsAMessageAndAnEmptyUpdateIsNone() {
  #expect(FeedMessage.encode(.initial, []) == [Array(#"{"event":"init","data":[]}"#.utf8)])
  #expect(FeedMessage.encode(.update, []).isEmpty)
}

@Test func aBoardTellsOnlyTheLastWordOnEachChangedModel() {
  var board = ModelBoard()
  board.apply(feedEntry("1"))
  board.apply(feedEntry("2"))
  board.apply(feedEntry("1", .recovering))
  board.apply(feedEntry("3", .stopped))
  #expect(board.takeChanges() == [feedEntry("1", .recovering), feedEntry("2")])
  #expect(board.takeChanges().isEmpty)
  board.apply(feedEntry("2"))
  #expect(board.takeChanges().isEmpty, "the same entry again is no change")
  #expect(board.running == [feedEntry("2")])
  board.replace(with: [feedEntry("4")])
  #expect(
    Set(board.takeChanges()) == [
      feedEntry("1", .stopped), feedEntry("2", .stopped), feedEntry("4"),
    ])
  #expect(board.running == [feedEntry("4")])
}

@Test(arguments: [
  (#"{"failure_code":"MULTIPLE_FAILED"}"#, "without a model_id"),
  (#"{"model_id":"1"}"#, "without a failure_code"),
  (#"{"model_id":"1","failure_code":"SO_WHAT"}"#, #"unknown failure_code "SO_WHAT""#),
  (#"{"model_id":1,"failure_code":"MULTIPLE_FAILED"}"#, "without a model_id"),
  (#"[]"#, "without a model_id"),
])
func aReportThatMakesNoSenseIsRefusedByName(text: String, reason: String) throws {
  let value = try JSONValue.parse(text: text)
  do {
    _ = try FailureReport(value)
    Issue.record("it was accepted")
  } catch {
    #expect(error.description.contains(reason))
  }
}

@Test(arguments: FailureCode.allCases)
func everyFailureCodeOfTheWireIsUnderstood(code: FailureCode) throws {
  let value = try JSONValue.parse(
    text: #"{"model_id":"1","failure_code":"\#(code.rawValue)","failure_reason":null,"ip":"x"}"#)
  let report = try FailureReport(value)
  #expect(report == FailureReport(modelID: ModelID("1"), code: code, host: "x"))
}
