import Competition
import Rounds
import Synchronization

/// All ports of a game loop on one simulated world; waiting moves the manual clock, so that hours
/// pass in milliseconds.
final class SimulatedPorts: ModelPort, PricePort, StorePort, ClockPort {
  struct Outage: Error {}

  let stop = StopRequest()
  private let game: Mutex<SimulatedGame>

  init(seed: UInt64, ticks: Int) { game = Mutex(SimulatedGame(seed: seed, ticks: ticks)) }

  /// The ports of a new worker in the world that a dead one left.
  init(after dead: SimulatedPorts) {
    var world = dead.with(\.self)
    world.restart()
    game = Mutex(world)
  }

  func with<Value: Sendable>(_ body: (inout SimulatedGame) -> Value) -> Value {
    game.withLock { body(&$0) }
  }

  /// Requests the stop when its time has come; never while the world is locked.
  private func stopIfDue() {
    if with({ $0.now >= $0.stopAt }) { stop.request() }
  }

  // MARK: Models

  func runningModels() async -> [RunningModel] {
    stopIfDue()
    return with { game in
      game.expectedCalled = game.callable
      game.rosterAtOpening = game.known
      game.deploymentsAtOpening = game.models.compactMapValues {
        $0.running?.description.deploymentID
      }
      return game.running
    }
  }

  func call(_ call: ModelCall) async -> ModelAnswers {
    let outcomes = with { $0.answer(call) }
    let end = with { $0.endOfCall(call.deadline) }
    handOver(outcomes, of: call)
    if with(\.isCrashed) { return ModelAnswers([]) }
    with { game in game.advance(to: min(end, max(game.stopAt, game.now))) }
    stopIfDue()
    with { $0.finishCall(at: end) }
    stopIfDue()
    return ModelAnswers(outcomes)
  }

  /// Some of the outcomes come while the call goes on; now and then the worker dies then.
  private func handOver(_ outcomes: [PredictionOutcome], of call: ModelCall) {
    guard let tap = call.onOutcomes else { return }
    let (early, dies) = with { game in
      let count = Int.random(in: 0...outcomes.count, using: &game.random)
      return (outcomes.prefix(count), game.chance(0.02))
    }
    for outcome in early { tap([outcome]) }
    guard dies else { return }
    with { $0.crash() }
    stop.request()
  }

  func shortenDeadlines(to instant: MonotonicInstant) {
    with { game in game.cutAt = min(instant, game.cutAt ?? instant) }
  }

  // MARK: Prices

  func update(assets: [String], by deadline: MonotonicInstant) async -> [PriceFault] {
    with { game in
      if deadline <= game.now { game.fail("prices asked for with a deadline in the past") }
      var faults: [PriceFault] = []
      var updated: Set<String> = []
      for asset in assets {
        if game.visible[asset] != nil, game.chance(0.1) {
          faults.append(PriceFault(asset: asset, reason: "outage"))
        } else {
          game.visible[asset] = game.prices[asset]?.count ?? 0
        }
        updated.insert(asset)
      }
      game.updatedAssets = updated
      return faults
    }
  }

  func newestArrival(of asset: String) -> MonotonicInstant? { nil }

  func newestTime(of asset: String) -> Int64? {
    with { game in game.prices[asset]?.prefix(game.visible[asset] ?? 0).last }
  }

  func prices(of asset: String, after seconds: Int64?) -> [TickPrice] {
    with { game in
      let shown = game.prices[asset]?.prefix(game.visible[asset] ?? 0) ?? []
      return shown.filter { $0 > seconds ?? .min }
        .map { TickPrice(seconds: $0, price: Double($0) / 7) }
    }
  }

  // MARK: Store

  func activeConfigs(by deadline: MonotonicInstant) async throws -> [PredictionConfig] {
    let rows: [PredictionConfig]? = with { game in
      if deadline <= game.now { game.fail("configurations asked for with a deadline in the past") }
      return game.callCount > 0 && game.chance(0.1) ? nil : game.configs
    }
    guard let rows else { throw Outage() }
    return rows
  }

  func knownModels() async throws -> [ModelRow] {
    with { game in game.rows.keys.sorted().compactMap { game.rows[$0] } }
  }

  func open(_ opening: RoundOpening) -> (any RoundKeeping)? {
    with { $0.open(opening) } ? Keeping(ports: self) : nil
  }

  private struct Keeping: RoundKeeping {
    let ports: SimulatedPorts

    func arrived(_ outcomes: [PredictionOutcome]) { ports.with { $0.arrived(outcomes) } }

    func close(_ round: RoundRecord) -> Bool {
      ports.with { $0.close(round) }
      return true
    }
  }

  // MARK: Clocks

  func now() -> MonotonicInstant { with { $0.now } }

  func wallNow() -> UTCTime { with { $0.wall } }

  func wait(until instant: MonotonicInstant, orUntil stop: StopRequest) async {
    if stop.isRequested { return }
    with { game in
      game.disturb()
      game.advance(to: min(instant, max(game.stopAt, game.now)))
    }
    stopIfDue()
  }
}
