import Competition
import Testing

@testable import ModelRunner

@Suite struct OrchestratorMessageTests {
  private func read(_ text: String) throws(OrchestratorMessageError) -> OrchestratorMessage {
    try OrchestratorMessage(Array(text.utf8))
  }

  /// An entry with some of its fields replaced; an empty text leaves the field out.
  private func entry(_ changes: [String: String] = [:]) -> String {
    var fields = [
      "model_id": "\"m1\"", "deployment_id": "\"d1\"", "state": "\"RUNNING\"",
      "ip": "\"10.0.0.1\"", "port": "50051", "infos": "{}",
    ]
    for (key, value) in changes { fields[key] = value.isEmpty ? nil : value }
    return "{" + fields.sorted { $0.key < $1.key }.map { "\"\($0)\":\($1)" }.joined(separator: ",")
      + "}"
  }

  private func update(_ entries: String...) -> String {
    "{\"event\":\"update\",\"data\":[\(entries.joined(separator: ","))]}"
  }

  @Test func everyFieldOfAnEntryIsTakenAndUnknownOnesAreIgnored() throws {
    let message = try read(
      """
      {"event":"init","later":{"x":[1]},"data":[{"deployment_id":"d7","model_id":"m7","infos":
      {"model_name":"Näme","cruncher_id":"c1","cruncher_name":"Ann","cruncher_wallet_pubkey":"w",
      "cruncher_hotkey":"h","extra":null},"state":"RUNNING","ip":"10.1.2.3","port":50051,"zone":1}]}
      """)
    #expect(message.event == .initial && message.skipped.isEmpty)
    let entry = try #require(message.entries.first)
    #expect(entry.state == .running)
    #expect(
      entry.model
        == ModelDescription(
          modelID: ModelID("m7"), deploymentID: "d7",
          infos: ModelInfos(
            modelName: "Näme", cruncherID: "c1", cruncherName: "Ann",
            cruncherWalletPublicKey: "w", cruncherHotkey: "h"),
          host: "10.1.2.3", port: 50051))
  }

  @Test func optionalNamesMayBeMissingOrNullAndAnIdMayBeANumber() throws {
    for infos in ["{}", "null", "", "{\"model_name\":null}"] {
      let message = try read(update(entry(["infos": infos])))
      #expect(message.entries.first?.model.infos == ModelInfos(), "\(infos)")
    }
    #expect(
      try read(update(entry(["model_id": "42"]))).entries.first?.model.modelID == ModelID("42"))
  }

  @Test(arguments: [("50051", 50_051), ("\"50051\"", 50_051), ("1", 1), ("\"65535\"", 65_535)])
  func aPortMayBeANumberOrItsDigits(port: String, value: Int) throws {
    #expect(try read(update(entry(["port": port]))).entries.first?.model.port == UInt16(value))
  }

  @Test(arguments: [
    (["port": "0"], "port must be"), (["port": "65536"], "port must be"),
    (["port": "\"x\""], "port must be"), (["port": "1.5"], "port must be"),
    (["port": ""], "port must be"), (["port": "null"], "port must be"),
    (["port": "-1"], "port must be"), (["ip": ""], "ip is missing"), (["ip": "\"\""], "ip must be"),
    (["state": "\"SLEEPING\""], "unknown state \"SLEEPING\""), (["state": ""], "state is missing"),
    (["state": "[]"], "state must be"), (["deployment_id": "{}"], "deployment_id must be"),
  ])
  func aBadEntryIsSkippedAndNamedAndTheRestApplies(
    changes: [String: String], reason: String
  ) throws {
    let message = try read(
      update(entry(["model_id": "\"a\""]), entry(changes), entry(["model_id": "\"z\""])))
    #expect(message.entries.map(\.model.modelID.rawValue) == ["a", "z"])
    #expect(message.skipped.count == 1)
    #expect(message.skipped.first?.hasPrefix("model m1: \(reason)") == true, "\(message.skipped)")
  }

  @Test func anEntryWithoutAnIdIsNamedByItsPlace() throws {
    let message = try read(update(entry(), entry(["model_id": ""]), "7", "null", "[]"))
    #expect(message.entries.count == 1)
    #expect(
      message.skipped == [
        "entry 1: model_id is missing", "entry 2: model_id is missing",
        "entry 3: model_id is missing", "entry 4: model_id is missing",
      ])
  }

  @Test(arguments: ["STOPPED", "RECOVERING"])
  func aModelThatDoesNotRunNeedsNoAddress(state: String) throws {
    let message = try read(
      update(entry(["state": "\"\(state)\"", "ip": "", "port": ""])))
    #expect(message.entries.first?.state.rawValue == state && message.skipped.isEmpty)
  }

  @Test(arguments: [
    ("", "JSON"), ("{", "JSON"), ("[1,2", "JSON"), ("\u{0}", "JSON"), ("[]", "unknown event"),
    ("7", "unknown event"), ("{}", "unknown event"),
    ("{\"event\":\"bye\",\"data\":[]}", "unknown event \"bye\""),
    ("{\"event\":7,\"data\":[]}", "unknown event"),
    ("{\"event\":\"init\"}", "event init without a list"),
    ("{\"event\":\"update\",\"data\":{}}", "event update without a list"),
    ("{\"error\":\"crunch_id is required\"}", "the orchestrator refuses us: crunch_id is required"),
  ])
  func aMessageOfNoUseIsRefusedAsAWhole(text: String, reason: String) {
    let error = #expect(throws: OrchestratorMessageError.self) { try read(text) }
    if reason != "JSON" {
      #expect(error?.reason.contains(reason) == true, "\(String(describing: error))")
    }
    #expect(error?.reason.isEmpty == false)
  }

  @Test func aHugeListIsReadWhole() throws {
    let many = (0..<10_000).map { entry(["model_id": "\"m\($0)\""]) }.joined(separator: ",")
    let message = try read("{\"event\":\"init\",\"data\":[\(many)]}")
    #expect(message.entries.count == 10_000 && message.skipped.isEmpty)
    #expect(message.entries.last?.model.modelID == ModelID("m9999"))
  }

  @Test func longTextsOfAStrangerAreCutInOurLines() throws {
    let long = String(repeating: "x", count: 5_000)
    let error = #expect(throws: OrchestratorMessageError.self) {
      try read("{\"event\":\"\(long)\",\"data\":[]}")
    }
    #expect(error?.reason.count ?? 5_000 < 100)
    let skipped = try read(update(entry(["model_id": "\"\(long)\"", "port": "0"]))).skipped
    #expect(skipped.first?.count ?? 5_000 < 200)
  }
}
