import Competition
import Cryptography
import Synchronization
import Testing

@testable import Identity

private let start = UTCTime(secondsSinceEpoch: 1_800_000_000)
private let key = Result { try RSAPrivateKey.generate() }

private func token(_ model: String = "9647", at time: UTCTime = start) throws -> GatewayToken {
  let text = try Base64.encode(try key.get().publicKey().der)
  return try GatewayToken(ModelID(model), at: time, signedBy: key.get(), publicKeyText: text)
}

private func trusted() throws -> Set<String> {
  [KeyFingerprint.full(try key.get().publicKey().der)]
}

@Test func theSignedBytesAreExactlyThoseOfTheContract() throws {
  let bytes = try Base64.decode(try token().message)
  #expect(String(decoding: bytes, as: UTF8.self) == #"{"model_id":"9647","timestamp":1800000000}"#)
  #expect(try token().metadata.map(\.name) == GatewayToken.metadataNames)
  #expect(try token().metadata.first?.value == token().message)
  let odd = GatewayToken.messageBytes(ModelID("é\""), at: start)
  #expect(
    String(decoding: odd, as: UTF8.self) == #"{"model_id":"\u00e9\"","timestamp":1800000000}"#)
}

@Test func aTokenIsAcceptedForItsModelAndTimeOnly() throws {
  let token = try token()
  let trusted = try trusted()
  try token.check(modelID: ModelID("9647"), trusted: trusted, at: start, ageMax: .seconds(60))
  let checks: [(GatewayToken, String, Set<String>, Int64, GatewayTokenRefusal.Code)] = [
    (token, "9648", trusted, 0, .foreignModel), (token, "9647", [], 0, .foreignKey),
    (token, "9647", trusted, 61, .stale), (token, "9647", trusted, -61, .stale),
    (
      GatewayToken(message: "x", signature: token.signature, publicKey: token.publicKey), "9647",
      trusted, 0, .badEncoding
    ),
    (
      GatewayToken(message: token.message, signature: token.signature, publicKey: "AAAA"), "9647",
      trusted, 0, .badEncoding
    ),
    (
      GatewayToken(
        message: try Base64.encode(GatewayToken.messageBytes(ModelID("9648"), at: start)),
        signature: token.signature, publicKey: token.publicKey), "9648", trusted, 0, .badSignature
    ),
  ]
  for (token, model, trusted, seconds, code) in checks {
    let refusal = #expect(throws: GatewayTokenRefusal.self) {
      try token.check(
        modelID: ModelID(model), trusted: trusted, at: start.advanced(by: .seconds(seconds)),
        ageMax: .seconds(60))
    }
    #expect(refusal?.code == code, "\(String(describing: refusal))")
  }
}

private func instant(_ seconds: Int) -> MonotonicInstant {
  MonotonicInstant(nanoseconds: 0).advanced(by: .seconds(seconds))
}

@Test func tokensAreSignedFirstForModelsWithoutOneAndRenewedInTheSecondHalfOfTheirLife() throws {
  var schedule = TokenSchedule(life: .seconds(60))
  #expect(schedule.nextStep(at: instant(0), wall: start) == .wait(until: nil))
  let ids = (0..<100).map { ModelID("m\($0)") }
  schedule.setModels(ids)
  let token = try token()
  var signed: [ModelID] = []
  while case .sign(let batch) = schedule.nextStep(at: instant(0), wall: start) {
    #expect(batch.count <= TokenSchedule.batchMax)
    for id in batch { schedule.signed(id, token, at: start) }
    signed += batch
  }
  #expect(Set(signed) == Set(ids) && signed.count == 100)
  var renewed: [Int: Int] = [:]
  for second in 0..<60 {
    let wall = start.advanced(by: .seconds(second))
    while case .sign(let batch) = schedule.nextStep(at: instant(second), wall: wall) {
      for id in batch { schedule.signed(id, token, at: wall) }
      renewed[second, default: 0] += batch.count
    }
    #expect(schedule.readyCount(at: wall) == 100, "second \(second)")
  }
  #expect(renewed.keys.min() ?? 0 >= 18 && renewed.values.max() ?? 100 < 40, "\(renewed)")
}

@Test func aClockThatIsSetMakesAllTokensDueAndNoneUsable() throws {
  for jump in [-3_600, 3_600] {
    var schedule = TokenSchedule(life: .seconds(60))
    schedule.add(ModelID("9647"))
    schedule.signed(ModelID("9647"), try token(), at: start)
    let wall = start.advanced(by: .seconds(jump))
    let error = #expect(throws: GatewaySignerError.self) {
      try schedule.token(for: ModelID("9647"), at: wall)
    }
    #expect(error?.code == .notReady && error?.description.contains("the clock was set") == true)
    #expect(schedule.nextStep(at: instant(1), wall: wall) == .sign([ModelID("9647")]))
  }
}

@Test func aFailureIsToldAndTriedAgainLater() throws {
  var schedule = TokenSchedule(life: .seconds(60))
  let id = ModelID("9647")
  schedule.add(id)
  schedule.failed(id, "OpenSSL refused", at: instant(5))
  #expect(schedule.nextStep(at: instant(5), wall: start) == .wait(until: instant(6)))
  #expect(schedule.nextStep(at: instant(6), wall: start) == .sign([id]))
  let error = #expect(throws: GatewaySignerError.self) { try schedule.token(for: id, at: start) }
  #expect(error?.description == "model 9647: no gateway token: OpenSSL refused")
  schedule.signed(id, try token(), at: start)
  _ = try schedule.token(for: id, at: start)
  schedule.remove(id)
  let gone = #expect(throws: GatewaySignerError.self) { try schedule.token(for: id, at: start) }
  #expect(gone?.code == .unknownModel)
}

private func eventually(_ condition: () -> Bool) async -> Bool {
  let deadline = MonotonicInstant.now().advanced(by: .seconds(60))
  while MonotonicInstant.now() < deadline {
    if condition() { return true }
    await Task.yield()
  }
  return condition()
}

@Test func aThousandModelsHaveTokensAheadOfTheRoundAndKeepThem() async throws {
  let clock = Mutex(start)
  let signer = try GatewaySigner(key: try key.get()) { clock.withLock { $0 } }
  let models = Set((0..<1_000).map { ModelID("\($0)") })
  try signer.setModels(models)
  #expect(await eventually { signer.readyCount == 1_000 })
  for model in models {
    try signer.token(for: model).check(
      modelID: model, trusted: [signer.keyFingerprint], at: start, ageMax: .seconds(60))
  }
  let later = start.advanced(by: .seconds(50))
  clock.withLock { $0 = later }
  try signer.add(ModelID("new"))
  #expect(
    await eventually {
      guard let token = try? signer.token(for: ModelID("7")) else { return false }
      let age: Duration = .seconds(5)
      return
        (try? token.check(
          modelID: ModelID("7"), trusted: [signer.keyFingerprint], at: later, ageMax: age)) != nil
    })
  #expect(await eventually { signer.readyCount == 1_001 })
  try signer.setModels([ModelID("new")])
  #expect(throws: GatewaySignerError.self) { try signer.token(for: ModelID("7")) }
  await signer.stop()
  await signer.stop()
  let stopped = #expect(throws: GatewaySignerError.self) {
    try signer.token(for: ModelID("new"))
  }
  #expect(stopped?.code == .stopped)
}

@Test func theSignersBoundsHold() async throws {
  var options = GatewaySigner.Options()
  options.tokenLife = .seconds(9)
  #expect(throws: GatewaySignerError.self) {
    _ = try GatewaySigner(key: try key.get(), options: options)
  }
  options.tokenLife = .seconds(10)
  options.modelsMax = 2
  let signer = try GatewaySigner(key: try key.get(), options: options)
  try signer.setModels([ModelID("a"), ModelID("b")])
  try signer.add(ModelID("b"))
  let one = #expect(throws: GatewaySignerError.self) { try signer.add(ModelID("c")) }
  #expect(one?.code == .tooMany)
  #expect(throws: GatewaySignerError.self) {
    try signer.setModels([ModelID("a"), ModelID("b"), ModelID("c")])
  }
  var dumped = ""
  dump(signer, to: &dumped)
  #expect(!dumped.contains("0x") && dumped.contains(signer.keyFingerprint))
  await signer.stop()
}
