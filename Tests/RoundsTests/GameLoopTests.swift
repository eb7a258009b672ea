import Competition
import Rounds
import Testing

private func model(_ id: String) -> RunningModel {
  RunningModel(
    ModelDescription(
      modelID: ModelID(id), deploymentID: "d", infos: ModelInfos(), host: "h", port: 1),
    connection: 1)
}

private func failure(_ ports: ScriptedPorts, once: Bool = false) async -> GameLoopError? {
  do {
    _ = try await ports.play(once: once)
    return nil
  } catch {
    return error
  }
}

@Test func onceTicksEveryoneAsksEachGroupOnceAndEnds() async throws {
  let ports = ScriptedPorts {
    $0.configs = [[config("BTC"), config("BTC", 86_400, 300, every: 3_600, order: 2)]]
    $0.running = [model("a"), model("b")]
  }
  _ = try await ports.play(once: true)
  let calls = ports.with(\.calls)
  #expect(calls.map(\.method) == ["tick", "predict", "predict"])
  #expect(calls[0].groups.first?.arguments == [CallArgument(.json("{\"BTC\":[[100,100.0]]}"))])
  #expect(
    calls[1].groups.first?.arguments
      == [CallArgument(.string("BTC")), CallArgument(.int(3_600)), CallArgument(.int(60))])
  let rounds = ports.with(\.rounds)
  #expect(rounds.map(\.records.count) == [2, 2])
  #expect(Set(rounds.flatMap(\.records).map(\.id)).count == 4)
  #expect(rounds.map(\.models.count) == [2, 0])
}

@Test func aRoundSaysHowLongItsNewestPriceHadBeenThereWhenItOpened() async throws {
  let ports = ScriptedPorts {
    $0.configs = [[config("BTC"), config("BTC", 86_400, 300, every: 3_600, order: 2)]]
    $0.running = [model("a")]
    $0.newestArrival = $0.now.advanced(by: .milliseconds(-5))
  }
  _ = try await ports.play(once: true)
  let times = ports.with(\.events).compactMap { event -> Duration? in
    if case .roundClosed(let round) = event { round.sincePrice } else { nil }
  }
  // The tick and each round take 10 ms.
  #expect(times == [.milliseconds(15), .milliseconds(25)])
}

@Test func aGameWithoutAnyPriceFailsAndNamesTheAssetsAndTheReason() async {
  let ports = ScriptedPorts {
    $0.configs = [[config("BTC"), config("ETH", order: 2)]]
    $0.newest = [:]
    $0.faults = [PriceFault(asset: "BTC", reason: "connection refused")]
  }
  let error = await failure(ports)
  #expect(error?.code == .noPrices)
  #expect(error?.description.contains("BTC, ETH") == true)
  #expect(error?.description.contains("connection refused") == true)
}

@Test func anAssetWithoutPricesIsNamedOnceAndLeftOutUntilItHasSome() async throws {
  let ports = ScriptedPorts {
    $0.configs = [[config("BTC", every: 120), config("ETH", every: 120, order: 2)]]
    $0.running = [model("a")]
    $0.arriving = ["ETH": 5]
  }
  let events = try await ports.play()
  #expect(events.filter { $0 == "assetWithoutPrices" }.count == 1)
  #expect(events.filter { $0 == "assetHasPrices" }.count == 1)
  let assets = ports.with(\.rounds).map(\.params.asset)
  #expect(assets.prefix(3) == ["BTC", "BTC", "BTC"])
  #expect(assets.suffix(2).sorted() == ["BTC", "ETH"])
}

@Test func configurationsThatCannotBeReadAtTheStartEndTheGameAndLaterKeepTheLastOnes() async throws
{
  let away = ScriptedPorts { $0.configs = [nil] }
  let error = await failure(away)
  #expect(error?.code == .storeUnavailable)
  #expect(error?.description.contains("connection refused") == true)
  let lost = ScriptedPorts {
    $0.configs = [[config("BTC", every: 60)], nil]
    $0.running = [model("a")]
  }
  let events = try await lost.play()
  #expect(events.filter { $0 == "configsUnavailable" }.count == 1, "told once, not at each tick")
  #expect(lost.with(\.rounds).count > 3)
  let back = ScriptedPorts {
    let rows = [config("BTC", every: 60)]
    $0.configs = [rows, nil, nil, rows, nil, rows]
    $0.running = [model("a")]
  }
  let heard = try await back.play().filter { $0.hasPrefix("configs") }
  let outage = ["configsUnavailable", "configsAvailable"]
  #expect(heard == ["configsChanged"] + outage + outage)
}

@Test func aGameWithoutConfigurationsWaitsForSomeAndOnceFails() async throws {
  let error = await failure(ScriptedPorts { $0.configs = [[]] }, once: true)
  #expect(error?.code == .noActiveConfigs)
  let ports = ScriptedPorts {
    $0.configs = [[], [], [config("BTC")]]
    $0.running = [model("a")]
  }
  let events = try await ports.play()
  #expect(events.contains("noActiveConfigs"))
  #expect(ports.with(\.rounds).first?.params.asset == "BTC")
}

@Test func aRoundThatStorageRefusesAsksNobodyAndItsModelRowsAreSentAgain() async throws {
  let ports = ScriptedPorts {
    $0.configs = [[config("BTC", every: 60)]]
    $0.running = [model("a")]
    $0.keeps = false
  }
  let events = try await ports.play()
  #expect(events.contains("roundRefused"))
  #expect(!events.contains("roundOpened"))
  #expect(ports.with(\.calls).allSatisfy { $0.method == "tick" })
  #expect(ports.with(\.openings).count > 1)
  #expect(ports.with(\.openings).allSatisfy { $0.models.map(\.modelID.rawValue) == ["a"] })
}

@Test(arguments: [true, false])
func outcomesReachStorageOnceEachAndBeforeTheRoundsEnd(taps: Bool) async throws {
  let ports = ScriptedPorts {
    $0.configs = [[config("BTC")]]
    $0.running = [model("a"), model("b"), model("c")]
    $0.taps = taps
  }
  _ = try await ports.play(once: true)
  #expect(ports.with(\.arrivals) == [taps ? [["a", "b"], ["c"]] : [["a", "b", "c"]]])
  #expect(ports.with(\.rounds).map { $0.count(.success) } == [3])
}

@Test func ticksThatPassDuringALongRoundAreDroppedAndCounted() async throws {
  let ports = ScriptedPorts {
    $0.configs = [[config("BTC", every: 60)]]
    $0.running = [model("a")]
    $0.callTime = .seconds(150)
    $0.stopAfterSleeps = 8
  }
  let events = try await ports.play()
  #expect(events.contains("ticksMissed"))
  #expect(events.contains("roundLate"))
  let opened = ports.with(\.events).count { if case .roundOpened = $0 { true } else { false } }
  let ticks = ports.with(\.events).count { if case .tickClosed = $0 { true } else { false } }
  #expect(opened <= ticks)
}

@Test func aStopEndsTheWaitOfTheSystemClockAtOnce() async {
  let stop = StopRequest()
  let clock = SystemClock()
  let farAway = clock.now().advanced(by: .seconds(3_600))
  let waiting = Task { await clock.wait(until: farAway, orUntil: stop) }
  stop.request()
  await waiting.value
  #expect(stop.isRequested)
  #expect(clock.now() < farAway)
}

@Test func boundedWaitGivesUpOnAnOperationThatHangs() async throws {
  let never = StopRequest()
  let soon = MonotonicInstant.now().advanced(by: .milliseconds(20))
  await #expect(throws: BoundedWait.DeadlineExceeded.self) {
    try await BoundedWait.run("waiting for nothing", by: soon) { await never.wait() }
  }
  let later = MonotonicInstant.now().advanced(by: .seconds(600))
  #expect(try await BoundedWait.run("adding", by: later) { 1 + 1 } == 2)
  await #expect(throws: GameLoopError.self) {
    try await BoundedWait.run("failing", by: later) { try await failingOperation() }
  }
}

private func failingOperation() async throws -> Int {
  let ports = ScriptedPorts { $0.configs = [nil] }
  return try await ports.play().count
}

@Test func deadlineCutEndsAnOpenCallAndThoseThatFollowButNotOneThatIsQuicker() async {
  let cut = DeadlineCut()
  #expect(await cut.run { 1 } == 1)
  let never = StopRequest()
  let open = Task { await cut.run { await never.wait() } }
  cut.shorten(to: MonotonicInstant.now().advanced(by: .milliseconds(10)))
  await open.value
  await cut.run { await never.wait() }
  cut.shorten(to: MonotonicInstant.now().advanced(by: .seconds(3_600)))
  await cut.run { await never.wait() }
  #expect(!never.isRequested)
  #expect(await cut.run { 2 } == 2)
}

@Test func aClosedMarketIsSkippedAndCountedUntilItsPriceMovesAndToldOnceEachWay() async throws {
  let ports = ScriptedPorts {
    $0.configs = [[config("BTC", every: 60), config("ETH", every: 60, order: 2)]]
    $0.newest = ["BTC": 100, "ETH": 1_800_000_000]
    $0.arriving = ["BTC": 1_800_000_000]
    $0.running = [model("a")]
  }
  let events = try await ports.play(closedAfter: .seconds(3_600), .skip)
  #expect(events.filter { $0 == "marketClosed" }.count == 1)
  #expect(events.filter { $0 == "marketOpened" }.count == 1)
  #expect(events.filter { $0 == "roundSkipped" }.count > 1)
  let rounds = ports.with(\.rounds)
  #expect(rounds.first?.params.asset == "ETH")
  #expect(Set(rounds.map(\.params.asset)) == ["BTC", "ETH"])
  #expect(rounds.allSatisfy { !$0.isMarketClosed })
}

@Test func aFlaggedClosedMarketIsPlayedAndMarked() async throws {
  let ports = ScriptedPorts {
    $0.configs = [[config("BTC", every: 60)]]
    $0.arriving = ["BTC": 1_800_000_000]
    $0.running = [model("a")]
  }
  let events = try await ports.play(closedAfter: .seconds(3_600))
  #expect(!events.contains("roundSkipped"))
  let marks = ports.with(\.rounds).map(\.isMarketClosed)
  #expect(marks.first == true && marks.last == false, "\(marks)")
}
