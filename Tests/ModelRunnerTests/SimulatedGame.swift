import Competition
import GatewayTestSupport
import Logging
import ModelRunner
import Orchestration
import Resilience
import Testing

/// A crowd of simulated models, their orchestrator, and a cluster that follows it.
struct SimulatedGame {
  let fleet: SimulatedFleet
  let orchestrator: SimulatedOrchestrator
  let cluster: ModelCluster

  /// Starts all three, runs `body`, stops all three, and checks that nothing was left open.
  static func play(
    _ fleetOptions: FleetOptions, waits: Bool = true,
    options change: (inout ClusterOptions) -> Void = { _ in },
    _ body: (SimulatedGame) async throws -> Void
  ) async throws {
    let logger = quietLogger
    let fleet = try await SimulatedFleet.start(fleetOptions)
    let orchestrator = try await SimulatedOrchestrator.start(
      crunchID: "game", models: fleet.models, logger: logger)
    var options = ClusterOptions(crunchID: "game", baseClass: "game.Base", logger: logger)
    options.orchestratorHost = "127.0.0.1"
    options.orchestratorPort = orchestrator.port
    change(&options)
    let cluster = try await ModelCluster.start(options)
    let game = SimulatedGame(fleet: fleet, orchestrator: orchestrator, cluster: cluster)
    let outcome: Result<Void, any Error>
    do {
      if waits { #expect(await cluster.waitForModels(atMost: .seconds(20))) }
      outcome = .success(try await body(game))
    } catch {
      outcome = .failure(error)
    }
    #expect(await cluster.stop() == 0, "the cluster left handles open")
    #expect(await orchestrator.stop() == 0)
    #expect(await fleet.stop() == 0)
    try outcome.get()
  }

  /// The results of the models with one behaviour.
  func results(_ round: CallRound, of behavior: ModelBehavior) -> [CallResult] {
    let chosen = Set(zip(fleet.models, fleet.behaviors).filter { $1 == behavior }.map(\.0.modelID))
    return round.results.filter { chosen.contains($0.model.modelID) }
  }

  /// Waits until so many reports have arrived at the orchestrator.
  func waitForReports(_ count: Int) async throws {
    let deadline = MonotonicInstant.now().advanced(by: .seconds(20))
    while orchestrator.reports.count < count {
      try #require(
        MonotonicInstant.now() < deadline, "\(orchestrator.reports.count) of \(count) reports")
      await Task.yield()
    }
  }

  /// Waits until the cluster calls exactly the models that `condition` accepts.
  func waitUntil(
    _ what: String, within limit: Duration = .seconds(60),
    _ condition: ([ConnectedModel]) -> Bool
  ) async throws {
    let deadline = MonotonicInstant.now().advanced(by: limit)
    while !condition(await cluster.models()) {
      try #require(MonotonicInstant.now() < deadline, "waited in vain until \(what)")
      await Task.yield()
    }
  }
}

/// The arguments of Condor's `predict`.
let predictArguments: [CallArgument] = [
  CallArgument(.string("BTC")), CallArgument(.int(3_600)), CallArgument(.int(60)),
]

/// A logger that says nothing.
let quietLogger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
