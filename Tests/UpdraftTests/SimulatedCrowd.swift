import GatewayTestSupport
import Logging
import Testing

/// Simulated models and their orchestrator for the length of a test.
enum SimulatedCrowd {
  /// Runs `body` with the port of the orchestrator's feed, whose crunch is `game`.
  static func with(
    _ options: FleetOptions, _ body: (_ orchestratorPort: UInt16) async throws -> Void
  ) async throws {
    let fleet = try await SimulatedFleet.start(options)
    let orchestrator = try await SimulatedOrchestrator.start(
      crunchID: "game", models: fleet.models,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    let outcome: Result<Void, any Error>
    do {
      outcome = .success(try await body(orchestrator.port))
    } catch {
      outcome = .failure(error)
    }
    #expect(await orchestrator.stop() == 0)
    #expect(await fleet.stop() == 0)
    try outcome.get()
  }
}
