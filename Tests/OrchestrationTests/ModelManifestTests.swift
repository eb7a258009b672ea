import Competition
import Orchestration
import Testing

private func parse(
  _ text: String, crunches: Set<String> = ["game"]
) throws(ConfigurationFault) -> ModelManifest {
  try ModelManifest.parse(text, file: "models.yml", crunchIDs: crunches)
}

@Test func allFieldsOfAModelAreRead() throws {
  let manifest = try parse(
    """
    models:
    - id: 9647
      submission_id: "19100"
      crunch_id: game
      desired_state: RUNNING
      name: frank
      model_name: Frank's best
      cruncher_name: Frank
      cruncher_id: JZCY
      resource_id: r-7
      hardware_type: CPU
      signature: "48:17"
      cruncher_wallet_pubkey: W
      cruncher_hotkey: H
    """)
  #expect(manifest.problems.isEmpty)
  let entry = try #require(manifest.entries.first)
  #expect(
    entry
      == ModelEntry(
        modelID: ModelID("9647"), crunchID: "game",
        launch: ModelLaunch(submissionID: "19100", resourceID: "r-7"),
        infos: ModelInfos(
          modelName: "Frank's best", cruncherID: "JZCY", cruncherName: "Frank",
          cruncherWalletPublicKey: "W", cruncherHotkey: "H"),
        ownership: SubmissionOwnership(signature: "48:17", resource: .id("r-7")), line: 2))
}

@Test func namesFallBackAsThePythonOrchestratorShowsThem() throws {
  let manifest = try parse(
    """
    models:
    - {id: a, submission_id: s, crunch_id: game, desired_state: STOPPED, name: n, cruncher_id: c,
       resource_id: null}
    """)
  let entry = try #require(manifest.entries.first)
  #expect(entry.infos == ModelInfos(modelName: "n", cruncherID: "c", cruncherName: "c"))
  #expect(entry.desiredState == .stopped)
  #expect(entry.launch.resourceID == nil)
  #expect(entry.ownership == SubmissionOwnership(signature: nil, resource: .null))
}

@Test func aBrokenEntryIsSkippedAndNamedAndTheRestApplies() throws {
  let manifest = try parse(
    """
    models:
    - {id: ok, submission_id: s, crunch_id: game, desired_state: RUNNING}
    - {id: ../../etc, submission_id: s, crunch_id: game, desired_state: RUNNING}
    - {id: far, submission_id: ../x, crunch_id: game, desired_state: RUNNING}
    - {id: other, submission_id: s, crunch_id: nogame, desired_state: RUNNING}
    - {id: state, submission_id: s, crunch_id: game, desired_state: PAUSED}
    - {submission_id: s, crunch_id: game, desired_state: RUNNING}
    - just a text
    - {id: ok, submission_id: again, crunch_id: game, desired_state: RUNNING}
    - {id: last, submission_id: s, crunch_id: game, desired_state: RUNNING, colour: red}
    """)
  #expect(manifest.entries.map(\.modelID.rawValue) == ["ok", "last"])
  let told = manifest.problems.map(\.description)
  let expected = [
    "models[1].id: must be letters", "models[2].submission_id: must be letters",
    "models[3].crunch_id: nogame is not configured (known: game)",
    "models[4].desired_state: must be RUNNING or STOPPED, got PAUSED", "models[5].id: is missing",
    "models[6]: must be a mapping", "models[7].id: ok is already in line 2",
    "models[8].colour: unknown setting, ignored",
  ]
  #expect(told.count == expected.count)
  for (index, text) in expected.enumerated() {
    #expect(told.contains { $0.hasPrefix(text) && $0.hasSuffix("(models.yml:\(index + 3))") })
  }
  #expect(manifest.skippedIDs.isSuperset(of: ["far", "other", "state"].map(ModelID.init(_:))))
}

@Test func aCommandIsSplitIntoWordsWithoutAShell() throws {
  let manifest = try parse(
    """
    models:
    - {id: a, submission_id: s, crunch_id: game, desired_state: RUNNING,
       command: "./model --port {port} --name 'a b' \\"c  d\\""}
    - {id: b, submission_id: s, crunch_id: game, desired_state: RUNNING,
       command: [./model, "{port}", "$(reboot)"]}
    - {id: c, submission_id: s, crunch_id: game, desired_state: RUNNING, command: "./model"}
    - {id: d, submission_id: s, crunch_id: game, desired_state: RUNNING, command: "./m '{port}"}
    """)
  #expect(
    manifest.entries.map(\.launch.command) == [
      ["./model", "--port", "{port}", "--name", "a b", "c  d"], ["./model", "{port}", "$(reboot)"],
    ])
  #expect(manifest.problems.map(\.setting) == ["models[2].command", "models[3].command"])
}

@Test(arguments: ["models: {a: 1}", "models: [", "- 1", "models: 5"])
func aFileWithoutAListOfModelsIsRefused(text: String) {
  #expect(throws: ConfigurationFault.self) { try parse(text) }
}

@Test(arguments: ["", "models:", "models: []", "# nothing yet"])
func aFileWithoutModelsIsAnEmptyList(text: String) throws {
  #expect(try parse(text).entries.isEmpty)
}

@Test func modelsBeyondTheLimitAreNamedOnce() throws {
  let line = ", submission_id: s, crunch_id: game, desired_state: STOPPED}"
  let text = (0...ModelManifest.modelsMax).map { "- {id: m\($0)" + line }.joined(separator: "\n")
  let manifest = try parse("models:\n" + text)
  #expect(manifest.entries.count == ModelManifest.modelsMax)
  #expect(manifest.problems.count == 1)
}
