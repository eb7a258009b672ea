import Competition
import Rounds
import Synchronization
import Testing

/// Ports that do what a test tells them, on a clock that jumps.
private final class ScriptedPorts: ModelPort, PricePort, StorePort, ClockPort {
  struct Script {
    var now = MonotonicInstant(nanoseconds: 1_000_000_000)
    var running: [RunningModel] = []
    var newest: [String: Int64] = ["BTC": 100]
    /// Prices that come into being when half of the game is over.
    var arriving: [String: Int64] = [:]
    var faults: [PriceFault] = []
    var configs: [[PredictionConfig]?] = []
    var callTime = Duration.milliseconds(10)
    var stopAfterSleeps = 20
    var keeps = true
    /// Whether outcomes come while the call goes on, two at a time.
    var taps = false
    var calls: [ModelCall] = []
    var openings: [RoundOpening] = []
    /// Per round, the models of each batch of outcomes.
    var arrivals: [[[String]]] = []
    var rounds: [RoundRecord] = []
    var events: [GameEvent] = []
  }

  struct Away: Error, CustomStringConvertible { let description = "connection refused" }

  let stop = StopRequest()
  let script: Mutex<Script>

  init(_ change: (inout Script) -> Void) {
    var script = Script()
    change(&script)
    self.script = Mutex(script)
  }

  func with<Value: Sendable>(_ body: (inout Script) -> Value) -> Value {
    script.withLock { body(&$0) }
  }

  func runningModels() async -> [RunningModel] { with(\.running) }

  func call(_ call: ModelCall) async -> ModelAnswers {
    let outcomes = call.groups.flatMap(\.models).map {
      PredictionOutcome(
        modelID: $0, status: .success, value: ByteView("[]"), execTimeMicros: 3, detail: nil)
    }
    let taps = with { script in
      script.calls.append(call)
      script.now = script.now.advanced(by: script.callTime)
      return script.taps
    }
    if taps {
      for start in stride(from: 0, to: outcomes.count, by: 2) {
        call.onOutcomes?(Array(outcomes[start..<min(start + 2, outcomes.count)]))
      }
    }
    return ModelAnswers(outcomes)
  }

  func shortenDeadlines(to instant: MonotonicInstant) {}

  func update(assets: [String], by deadline: MonotonicInstant) async -> [PriceFault] {
    with(\.faults)
  }

  func newestTime(of asset: String) -> Int64? { with { $0.newest[asset] } }

  func prices(of asset: String, after seconds: Int64?) -> [TickPrice] {
    guard let newest = newestTime(of: asset), newest > seconds ?? .min else { return [] }
    return [TickPrice(seconds: newest, price: Double(newest))]
  }

  func activeConfigs(by deadline: MonotonicInstant) async throws -> [PredictionConfig] {
    let next = with { script -> [PredictionConfig]? in
      script.configs.count > 1 ? script.configs.removeFirst() : script.configs.first ?? []
    }
    guard let next else { throw Away() }
    return next
  }

  func knownModels() async throws -> [ModelRow] { [] }

  func open(_ opening: RoundOpening) -> (any RoundKeeping)? {
    with { script in
      script.openings.append(opening)
      guard script.keeps else { return nil }
      script.arrivals.append([])
      return Keeping(ports: self)
    }
  }

  private struct Keeping: RoundKeeping {
    let ports: ScriptedPorts

    func arrived(_ outcomes: [PredictionOutcome]) {
      ports.with { script in
        script.arrivals[script.arrivals.count - 1].append(outcomes.map(\.modelID.rawValue))
      }
    }

    func close(_ round: RoundRecord) -> Bool {
      ports.with { $0.rounds.append(round) }
      return true
    }
  }

  func now() -> MonotonicInstant { with(\.now) }

  func wallNow() -> UTCTime { UTCTime(secondsSinceEpoch: 1_800_000_000) }

  func wait(until instant: MonotonicInstant, orUntil stop: StopRequest) async {
    let isOver = with { script in
      script.now = max(script.now, instant)
      script.stopAfterSleeps -= 1
      if script.stopAfterSleeps == 10 { script.newest.merge(script.arriving) { max($0, $1) } }
      return script.stopAfterSleeps <= 0
    }
    if isOver { stop.request() }
  }

  func play(
    once: Bool = false, closedAfter: Duration? = nil, _ closed: ClosedMarketPolicy = .flag
  ) async throws(GameLoopError) -> [String] {
    var settings = GameSettings()
    settings.once = once
    settings.closedAfter = closedAfter
    settings.closedMarkets = closed
    let game = GameLoop(
      settings: settings, models: self, prices: self, store: self, clock: self, stop: stop
    ) { event in self.with { $0.events.append(event) } }
    try await game.run()
    return with(\.events).map { String("\($0)".prefix { $0 != "(" }) }
  }
}

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
  #expect(events.filter { $0 == "configsUnavailable" }.count > 3)
  #expect(lost.with(\.rounds).count > 3)
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
