import Competition
import Identity
import Testing

@testable import Orchestration

private let crunches = [CrunchSettings(id: "game", name: "The game", onchainName: "condor")]

private func read(_ json: String) throws(RegistryFault) -> ModelManifest {
  try RegistryAnswer.read(Array(json.utf8), from: "http://registry", crunches: crunches)
}

/// One entry of the registry; `model` and `more` go into it as JSON.
func registryEntry(
  _ id: String, state: String = "START", model: String = "", more: String = ""
) -> String {
  #"{"crunchName":"condor","crunchPubKey":"C","desiredState":"\#(state)","#
    + #""cruncherWalletPubkey":"W\#(id)","cruncherSmpHotkey":"H\#(id)","#
    + #""coordinatorWalletPubkey":null,"coordinatorCertificate":null\#(more),"#
    + #""model":{"id":"\#(id)","owner":"O\#(id)","submissionId":"s\#(id)","hardwareType":"CPU""#
    + #"\#(model)}}"#
}

@Test func theFieldsOfTheRegistryAreRead() throws {
  let manifest = try read(
    "[\(registryEntry("7", model: #","resourceId":"r","signature":"48:17""#))]")
  #expect(manifest.problems.isEmpty)
  #expect(
    manifest.entries == [
      ModelEntry(
        modelID: ModelID("7"), crunchID: "game",
        launch: ModelLaunch(submissionID: "s7", resourceID: "r"),
        infos: ModelInfos(
          cruncherID: "O7", cruncherName: "O7", cruncherWalletPublicKey: "W7",
          cruncherHotkey: "H7"),
        ownership: SubmissionOwnership(signature: "48:17", resource: .id("r")))
    ])
}

@Test func anAbsentResourceAndANullOneAreSignedDifferently() throws {
  let manifest = try read(
    "[\(registryEntry("1")),\(registryEntry("2", model: #","resourceId":null"#)),"
      + "\(registryEntry("3", model: #","resourceId":"""#))]")
  #expect(manifest.entries.map(\.ownership.resource) == [.absent, .null, .absent])
  #expect(manifest.entries.map(\.launch.resourceID) == [nil, nil, nil])
}

@Test(arguments: [
  ("START", true), ("start", true), ("Started", true), ("RESTART", true), ("STOP", false),
  ("stopped", false), ("", false),
])
func theDesiredStateIsRunningWhenItContainsStart(state: String, isRunning: Bool) throws {
  let manifest = try read("[\(registryEntry("1", state: state))]")
  if state.isEmpty { return #expect(manifest.problems.count == 1) }
  #expect(manifest.entries.map(\.desiredState) == [isRunning ? .running : .stopped])
}

@Test func aMissingWalletOrHotkeyIsMissingNotEmpty() throws {
  let json = registryEntry("1").replacing(#""W1""#, with: "null").replacing(#""H1""#, with: #""""#)
  let infos = try #require(try read("[\(json)]").entries.first).infos
  #expect(infos.cruncherWalletPublicKey == nil && infos.cruncherHotkey == nil)
}

@Test func aMalformedEntryIsSkippedAndNamedAndTheRestApplies() throws {
  let good = registryEntry("ok")
  let bad = [
    ("7", "model is missing"), (#"{"crunchName":"condor"}"#, "model is missing or no object"),
    (registryEntry("../x"), "model.id must be letters"),
    (registryEntry("a").replacing(#""sa""#, with: #""..""#), "model.submissionId must be"),
    (registryEntry("b").replacing(#""sb""#, with: "[]"), "submissionId is no text"),
    (registryEntry("c").replacing("condor", with: "moon"), "crunchName moon is not configured"),
    (registryEntry("d").replacing(#""START""#, with: "5.5"), "desiredState is no text"),
    (registryEntry("e", model: #","resourceId":"../r""#), "resourceId can't name a folder"),
    (registryEntry("f", model: #","signature":7.5"#), "signature is no text"), (good, "twice"),
  ]
  let manifest = try read("[" + ([good] + bad.map(\.0)).joined(separator: ",") + "]")
  #expect(manifest.entries.map(\.modelID) == [ModelID("ok")])
  #expect(manifest.problems.count == bad.count)
  for (index, (_, cause)) in bad.enumerated() where index < manifest.problems.count {
    let told = manifest.problems[index]
    #expect(told.setting == "[\(index + 1)]")
    #expect(told.text.contains(cause) && told.text.hasSuffix("this model is skipped"), "\(told)")
  }
  #expect(manifest.skippedIDs.isSuperset(of: [ModelID("a"), ModelID("f")]))
  #expect(!manifest.skippedIDs.contains(ModelID("ok")))
}

@Test(arguments: ["", "{}", "null", "<html>", "[", #"{"models":[]}"#])
func anAnswerThatIsNoListIsRefused(json: String) {
  #expect(throws: RegistryFault.self) { try read(json) }
}

@Test func moreModelsThanOneMachineRunsAreCutOffAndNamed() throws {
  let limit = ModelManifest.modelsMax
  let entries = (0...limit).map { registryEntry("\($0)") }.joined(separator: ",")
  let manifest = try read("[\(entries)]")
  #expect(manifest.entries.count == limit)
  #expect(manifest.problems.map(\.setting) == ["[\(limit)]"])
}

@Test func theRegistryIsAskedForTheCompetitionsByTheirNamesOnTheChain() {
  let settings = RegistrySettings(url: "https://cpi.example/api/", stateFile: "x")
  let asked = settings.address(of: [
    CrunchSettings(id: "a", onchainName: "condor"), CrunchSettings(id: "b", name: "a b&é"),
  ])
  #expect(
    asked == "https://cpi.example/api/models/states?crunchNames%5B%5D=condor"
      + "&crunchNames%5B%5D=a%20b%26%C3%A9")
}

@Test func theRegistryIsAskedLessOftenWhileItFailsAndItsAgeIsKnown() {
  let start = UTCTime(secondsSinceEpoch: 1_800_000_000)
  var state = RegistryState(interval: .seconds(10), backoffMax: .seconds(60), keptSince: nil)
  #expect(state.ageSeconds(at: start) == nil)
  #expect(state.answered(at: start) == .seconds(10))
  #expect(state.ageSeconds(at: start.advanced(by: .seconds(25))) == 25)
  let delays = (0..<6).map { _ in state.failed("away").inSeconds }
  #expect(delays[0] >= 8 && delays[0] <= 10 && delays[1] >= 16 && delays[5] <= 60)
  #expect(state.failureCount == 6 && state.failure == "away")
  #expect(state.answered(at: start.advanced(by: .seconds(60))) == .seconds(10))
  #expect(state.failureCount == 0 && state.failure == nil)
  #expect(state.failed("away").inSeconds <= 10)
}
