import Competition
import EventLoop
import Testing

@testable import Orchestration

/// An orchestrator of native models in a folder of its own, with one coordinator.
final class Game {
  let orchestrator: Orchestrator
  let folder: TestFolder
  let client: FeedListener
  let log = RecordedLog()

  init(_ folder: TestFolder, _ configuration: OrchestratorConfiguration, on loop: Loop) throws {
    self.folder = folder
    orchestrator = Orchestrator(
      configuration, environment: ["PATH": "/usr/bin:/bin", "SECRET": "x"],
      launcher: try program(), on: loop, logger: log.logger)
    try orchestrator.start()
    client = try FeedListener(try #require(orchestrator.addresses.first), path: "/game", on: loop)
  }

  func status(_ id: String) -> ModelStatus? {
    orchestrator.statuses.first { $0.modelID.rawValue == id }
  }

  func running(_ id: String, notAs processID: Int32? = nil) -> ModelStatus? {
    guard let status = status(id), status.phase == .running, status.processID != processID else {
      return nil
    }
    return status
  }
}

let servingScript =
  packageFolder + "/Tests/OrchestrationTests/Scripts/serving_model.py"

func model(_ id: String, _ wishes: String = "", state: String = "RUNNING") -> String {
  "- {id: \(id), submission_id: s, crunch_id: game, desired_state: \(state), name: n\(id),\n"
    + "   command: \"python3 \(servingScript) {port} \(wishes)\"}\n"
}

/// Runs an orchestrator with these models and stops it afterwards; nothing of it may be left.
func withGame(
  _ models: String, _ change: @Sendable (inout OrchestratorConfiguration) -> Void = { _ in },
  _ body: (OnLoop<Game>) async throws -> Void
) async throws {
  let folder = try TestFolder()
  try folder.write("models:\n" + models, to: "models.yml")
  try folder.write("", to: "storage/submissions/s/readme")
  let text = """
    infrastructure: {publishers: [{type: websocket, port: 0}]}
    watcher: {interval: 50ms}
    crunches: [{id: game}]
    can-place-in-quarantine: false
    """
  var configuration = try OrchestratorConfiguration.parse(
    text, file: "\(folder.path)/orchestrator.yml", environment: [:])
  change(&configuration)
  let ready = configuration
  try await withLoop { thread in
    let game = try await OnLoop(thread) { try Game(folder, ready, on: $0) }
    var failure: (any Error)?
    do { try await body(game) } catch { failure = error }
    let left = await game.use { $0.orchestrator.statuses.compactMap(\.processID) }
    let started = MonotonicInstant.now()
    await game.wait { game, done in game.orchestrator.stop { done(()) } }
    #expect(MonotonicInstant.now().since(started) < .seconds(8), "stopping took too long")
    for processID in left { #expect(!isAlive(processID), "process \(processID) was left") }
    await game.use { $0.client.close() }
    if let failure { throw failure }
  }
}
