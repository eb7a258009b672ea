import Competition
import Identity
import Testing

@testable import Orchestration

private let now = UTCTime(secondsSinceEpoch: 1_800_000_000)

private func entry(
  _ id: String = "9647", submission: String = "19100", signature: String?,
  resource: SubmissionClaim.Resource = .id("null")
) -> ModelEntry {
  ModelEntry(
    modelID: ModelID(id), crunchID: "game", launch: ModelLaunch(submissionID: submission),
    infos: ModelInfos(cruncherID: "JZCYgKdpiTnz1WfNsRqAnfCgPof1365aLCQ9UEKU8jt"),
    ownership: SubmissionOwnership(signature: signature, resource: resource))
}

private let vector =
  "487c231985d70d2ab39d53c4fe2f6460255fac200954b80f9e3d6f61aaa87cc3c1bcf2e6036b6178cc1c4e6c54ec1545"
  + "ff6d5e1fc933054f4cca3e86c96e0906:1739556339"
private let key = WalletPublicKey(
  hex: "e18a27536919fa9717393522ced3c78476965a498bab7d94e5e07a7dce1c5cc8")

@Test func onlyASubmissionWithItsOwnersSignaturePasses() throws {
  var gate = OwnershipGate(OwnershipSettings(publicKey: try #require(key)))
  #expect(gate.refusal(of: entry(signature: vector), at: now) == nil)
  for (wrong, cause) in [
    (entry(signature: nil), "carries no signature"), (entry(signature: "x"), "HEX:TIMESTAMP"),
    (entry("9648", signature: vector), "isn't key e18a27536919fa97…'s"),
    (entry(submission: "19101", signature: vector), "submission \"19101\""),
    (entry(signature: vector, resource: .absent), "resource nothing"),
  ] {
    let told = gate.refusal(of: wrong, at: now)
    #expect(told?.contains(cause) == true, "\(told ?? "accepted")")
  }
  var open = OwnershipGate(nil)
  #expect(open.refusal(of: entry(signature: nil), at: now) == nil)
}

@Test func anAgeLimitStopsNothingThatWasAccepted() throws {
  let wallet = try WalletKey.generate()
  let settings = OwnershipSettings(publicKey: wallet.publicKey, ageMax: .seconds(60))
  var model = entry(signature: nil)
  model.ownership.signature =
    try SubmissionSignature(model.claim, at: now, by: wallet).description
  var gate = OwnershipGate(settings)
  let later = now.advanced(by: .seconds(61))
  #expect(gate.refusal(of: model, at: now) == nil)
  #expect(gate.refusal(of: model, at: later) == nil)
  gate.keepOnly([])
  #expect(gate.refusal(of: model, at: later)?.contains("older than 1") == true)
}

private func events(_ supervisor: inout ModelSupervisor, _ events: [ModelEvent]) -> [ModelAction] {
  events.flatMap { supervisor.handle($0, at: MonotonicInstant(nanoseconds: 0)) }
}

@Test func aRefusedModelDoesNothingUntilItIsRight() {
  let model = entry(signature: "x")
  var supervisor = ModelSupervisor(model, seed: 1)
  #expect(events(&supervisor, [.refused(model, reason: "why")]).isEmpty)
  #expect(supervisor.phase == .refused && supervisor.reason == "why")
  #expect(supervisor.refusal == "why")
  #expect(events(&supervisor, [.backoffElapsed, .refused(model, reason: "other")]).isEmpty)
  #expect(supervisor.reason == "other")
  let actions = events(&supervisor, [.wanted(model)])
  #expect(actions == [.prepareEnvironment(model.launch)] && supervisor.refusal == nil)
}

@Test func aRefusedModelCanBeStopped() {
  let model = entry(signature: "x")
  for stop in [ModelEvent.unwanted(reason: "STOPPED"), .shutDown] {
    var supervisor = ModelSupervisor(model, seed: 1)
    #expect(events(&supervisor, [.refused(model, reason: "why"), stop]).isEmpty)
    #expect(supervisor.phase == .stopped)
  }
}

@Test func whatRanBeforeGoesOnWhenItsNextVersionIsRefused() {
  let model = entry(signature: vector)
  var supervisor = ModelSupervisor(model, seed: 1)
  _ = events(
    &supervisor,
    [
      .wanted(model), .environmentReady, .started(deploymentID: "d", port: 1), .healthy,
    ])
  let forged = entry(submission: "evil", signature: vector)
  #expect(events(&supervisor, [.refused(forged, reason: "why")]).isEmpty)
  #expect(supervisor.phase == .running && supervisor.refusal == "why")
  let restart = events(&supervisor, [.exited(.init(code: 1, signal: 0)), .backoffElapsed])
  #expect(restart.contains(.prepareEnvironment(model.launch)), "the accepted version comes back")
}

@Test func theOrchestratorStartsSignedModelsOnlyAndTellsOthersReasons() async throws {
  let wallet = try WalletKey.generate()
  let publicKey = wallet.publicKey
  func signed(_ id: String, by wallet: WalletKey) throws -> String {
    let claim = SubmissionClaim(
      cruncherID: "c\(id)", modelID: id, submissionID: "s", resource: .null)
    let signature = try SubmissionSignature(claim, at: .now(), by: wallet)
    return model(id).replacing(
      "desired_state",
      with: "cruncher_id: c\(id), cruncher_wallet_pubkey: W\(id), cruncher_hotkey: H\(id),"
        + " signature: \"\(signature)\", desired_state")
  }
  let good = try signed("1", by: wallet)
  let forged = try signed("2", by: .generate())
  try await withGame(
    good + forged, { $0.ownership = OwnershipSettings(publicKey: publicKey) }
  ) { game in
    let first = try #require(await game.eventually { $0.running("1") })
    await game.use { game in
      let refused = game.status("2")
      #expect(refused?.phase == .refused && refused?.startCount == 0)
      #expect(refused?.reason?.hasPrefix("not shown to be its owner's: the signature") == true)
      #expect(game.log.contains("warning model refused", "model=2", "isn't key"))
      #expect(game.log.contains("notice", "only submissions with a right signature", publicKey.hex))
    }
    let told = await game.eventually { game -> String? in
      game.client.texts.first { $0.contains("RUNNING") }
    }
    #expect(
      told?.contains(#""cruncher_wallet_pubkey":"W1","cruncher_hotkey":"H1""#) == true,
      "the wallet and the hotkey reach the coordinator")
    let corrected = try signed("2", by: wallet)
    try await game.use { try $0.folder.write("models:\n" + good + corrected, to: "models.yml") }
    _ = try #require(await game.eventually { $0.running("2") })
    let broken = good.replacing("signature: \"", with: "signature: \"00")
    try await game.use { try $0.folder.write("models:\n" + broken + corrected, to: "models.yml") }
    let refusal = await game.eventually { $0.status("1")?.refusal }
    #expect(refusal?.contains("128 hexadecimal digits") == true)
    await game.use { #expect($0.running("1")?.processID == first.processID) }
  }
}

@Test func withoutAKeyTheStartSaysThatNothingIsChecked() async throws {
  try await withGame("") { game in
    await game.use { #expect($0.log.contains("notice", "signatures are NOT checked")) }
  }
}
