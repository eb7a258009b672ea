import Competition
import Glibc
import Resilience
import Rounds
import Synchronization
import Testing

/// What one simulated game gave.
private struct Played {
  var violations: [String] = []
  var events: [GameEvent] = []
  var roundCount = 0
  var error: GameLoopError?

  /// Everything that happened, one line each.
  var trace: [String] { events.map { "\($0)" } }
}

private func number(_ variable: String) -> UInt64? {
  getenv(variable).flatMap { UInt64(String(cString: $0)) }
}

private func play(seed: UInt64, ticks: Int = 16) async -> Played {
  let ports = SimulatedPorts(seed: seed, ticks: ticks)
  let events = Mutex<[GameEvent]>([])
  var settings = GameSettings()
  settings.tick = .seconds(SimulatedGame.tickSeconds)
  settings.timeout = SimulatedGame.timeout
  settings.stopGrace = SimulatedGame.stopGrace
  let game = GameLoop(
    settings: settings, models: ports, prices: ports, store: ports, clock: ports,
    stop: ports.stop
  ) { event in
    events.withLock { $0.append(event) }
    ports.with { $0.observe(event) }
  }
  var played = Played()
  do {
    try await game.run()
  } catch {
    played.error = error
  }
  played.events = events.withLock(\.self)
  ports.with { game in
    let latest = game.stopAt.advanced(by: SimulatedGame.stopGrace + game.stalledFor)
    if game.now > latest { game.fail("stopped \(game.now.since(game.stopAt)) after the request") }
  }
  played.violations = ports.with(\.violations)
  played.roundCount = ports.with(\.keptRounds)
  return played
}

@Test func aThousandSeededGamesKeepTheInvariants() async {
  let only = number("SIM_SEED")
  let first = only ?? 1
  let count = only == nil ? number("SIM_SEEDS") ?? 1_000 : 1
  print("simulated games: seeds \(first)...\(first + count - 1); replay one with SIM_SEED=n")
  var roundCount = 0
  for seed in first..<first + count {
    let played = await play(seed: seed)
    roundCount += played.roundCount
    #expect(played.error == nil, "SIM_SEED=\(seed)")
    #expect(played.violations.isEmpty, "SIM_SEED=\(seed)")
    if !played.violations.isEmpty || only != nil { played.trace.forEach { print($0) } }
    if !played.violations.isEmpty { return }
  }
  #expect(roundCount >= Int(count) * 4, "the games hardly played: \(roundCount) rounds")
}

@Test func aSeedGivesTheSameGameEachTime() async {
  for seed: UInt64 in [3, 77, 512] {
    let first = await play(seed: seed)
    #expect(await play(seed: seed).trace == first.trace)
    #expect(first.trace.count > 20)
  }
}
