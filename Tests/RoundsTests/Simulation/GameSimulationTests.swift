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
  var recoveredCount = 0
  var error: GameLoopError?

  /// Everything that happened, one line each.
  var trace: [String] { events.map { "\($0)" } }
}

private func number(_ variable: String) -> UInt64? {
  getenv(variable).flatMap { UInt64(String(cString: $0)) }
}

/// Plays one game to its end; a worker that dies is followed by a new one.
private func play(seed: UInt64, ticks: Int = 16) async -> Played {
  var ports = SimulatedPorts(seed: seed, ticks: ticks)
  var played = Played()
  while true {
    let events = Mutex<[GameEvent]>([])
    played.error = await live(ports) { event in events.withLock { $0.append(event) } }
    played.events += events.withLock(\.self)
    guard played.error == nil, ports.with(\.isCrashed) else { break }
    ports = SimulatedPorts(after: ports)
  }
  ports.with { game in
    let latest = game.stopAt.advanced(by: SimulatedGame.stopGrace + game.stalledFor)
    if game.now > latest { game.fail("stopped \(game.now.since(game.stopAt)) after the request") }
  }
  played.violations = ports.with(\.violations)
  played.roundCount = ports.with(\.keptRounds)
  played.recoveredCount = ports.with(\.recoveredRounds)
  return played
}

/// One worker's life.
private func live(
  _ ports: SimulatedPorts, observe: @escaping @Sendable (GameEvent) -> Void
) async -> GameLoopError? {
  var settings = GameSettings()
  settings.tick = .seconds(SimulatedGame.tickSeconds)
  settings.timeout = SimulatedGame.timeout
  settings.stopGrace = SimulatedGame.stopGrace
  let game = GameLoop(
    settings: settings, models: ports, prices: ports, store: ports, clock: ports,
    stop: ports.stop, newestPerformedAt: ports.with(\.newestPerformedAt)
  ) { event in
    observe(event)
    ports.with { $0.observe(event) }
  }
  do {
    try await game.run()
    return nil
  } catch {
    return error
  }
}

@Test func aThousandSeededGamesKeepTheInvariants() async {
  let only = number("SIM_SEED")
  let first = only ?? 1
  let count = only == nil ? number("SIM_SEEDS") ?? 1_000 : 1
  print("simulated games: seeds \(first)...\(first + count - 1); replay one with SIM_SEED=n")
  var (roundCount, recoveredCount) = (0, 0)
  for seed in first..<first + count {
    let played = await play(seed: seed)
    roundCount += played.roundCount
    recoveredCount += played.recoveredCount
    #expect(played.error == nil, "SIM_SEED=\(seed)")
    #expect(played.violations.isEmpty, "SIM_SEED=\(seed)")
    if !played.violations.isEmpty || only != nil { played.trace.forEach { print($0) } }
    if !played.violations.isEmpty { return }
  }
  #expect(only != nil || recoveredCount >= Int(count) / 50, "\(recoveredCount) crashes")
  #expect(roundCount >= Int(count) * 4, "the games hardly played: \(roundCount) rounds")
}

@Test func aSeedGivesTheSameGameEachTime() async {
  for seed: UInt64 in [3, 77, 901] {
    let first = await play(seed: seed)
    #expect(await play(seed: seed).trace == first.trace)
    #expect(first.trace.count > 20)
  }
}
