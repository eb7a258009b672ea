import Competition
import Rounds
import Synchronization

/// Ports that do what a test tells them, on a clock that jumps.
final class ScriptedPorts: ModelPort, PricePort, StorePort, ClockPort {
  struct Script {
    var now = MonotonicInstant(nanoseconds: 1_000_000_000)
    var running: [RunningModel] = []
    var newest: [String: Int64] = ["BTC": 100]
    var newestArrival: MonotonicInstant?
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

  func newestArrival(of asset: String) -> MonotonicInstant? { with(\.newestArrival) }

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
