import Competition
import GatewayTestSupport
import Orchestration
import Testing

/// Simulated models and real Python ones behind one feed.
struct Crowd {
  let python: PythonModels
  let fleet: SimulatedFleet
  let feed: SimulatedOrchestrator

  /// All models, the Python ones first.
  var descriptions: [ModelDescription] { python.descriptions + fleet.models }

  /// Starts the Python models of these submission folders, by model id, simulated ones and the
  /// feed; runs `body`, and stops them.
  static func gather(
    _ folders: KeyValuePairs<String, String>, simulated fleetOptions: FleetOptions,
    on stage: Stage, _ body: (Crowd) async throws -> Void
  ) async throws {
    let python = try await PythonModels.start(Array(folders), on: stage)
    let fleet = try await SimulatedFleet.start(fleetOptions)
    let feed = try await SimulatedOrchestrator.start(
      crunchID: Game.crunchID, models: python.descriptions + fleet.models, logger: .silent)
    let outcome: Result<Void, any Error>
    do {
      outcome = .success(try await body(Crowd(python: python, fleet: fleet, feed: feed)))
    } catch {
      outcome = .failure(error)
    }
    #expect(await feed.stop() == 0, "the feed left handles open")
    #expect(await fleet.stop() == 0, "the fleet left handles open")
    try outcome.get()
  }

  /// Announces that a model runs, or not any more.
  func announce(_ id: String, _ state: FeedState) async {
    let model = descriptions.filter { $0.modelID == ModelID(id) }
    await feed.update(model.map { FeedEntry($0, state: state) })
  }
}
