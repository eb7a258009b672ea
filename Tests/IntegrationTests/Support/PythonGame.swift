import Competition
import GatewayTestSupport
import JSON
import ModelRunner
import Testing

/// Real Python models, a feed that names them, and our cluster that follows it.
struct PythonGame {
  let stage: Stage
  let models: PythonModels
  let orchestrator: SimulatedOrchestrator
  let cluster: ModelCluster

  /// Starts the models of these submission folders, by model id, and the rest; runs `body`, stops
  /// all, and checks that nothing was left open.
  static func play(
    _ folders: KeyValuePairs<String, String>,
    options change: (inout ClusterOptions) -> Void = { _ in },
    _ body: (PythonGame) async throws -> Void
  ) async throws {
    try await withStage { stage in
      let models = try await PythonModels.start(Array(folders), on: stage)
      let orchestrator = try await SimulatedOrchestrator.start(
        crunchID: Game.crunchID, models: models.descriptions, logger: .silent)
      var options = ClusterOptions(
        crunchID: Game.crunchID, baseClass: Game.baseClass, logger: .silent)
      options.orchestratorHost = "127.0.0.1"
      options.orchestratorPort = orchestrator.port
      change(&options)
      let cluster = try await ModelCluster.start(options)
      let game = PythonGame(
        stage: stage, models: models, orchestrator: orchestrator, cluster: cluster)
      let outcome: Result<Void, any Error>
      do {
        #expect(await cluster.waitForModels(atMost: .seconds(60)))
        outcome = .success(try await body(game))
      } catch {
        outcome = .failure(error)
      }
      #expect(await cluster.stop() == 0, "the cluster left handles open")
      #expect(await orchestrator.stop() == 0, "the feed left handles open")
      try outcome.get()
    }
  }

  /// Calls a method of the only model.
  func ask(
    _ method: String, _ arguments: [CallArgument] = [], timeout: Duration = .seconds(60)
  ) async throws -> CallResult {
    let round = try await cluster.call(method, arguments, timeout: timeout)
    try #require(round.results.count == 1, "one result per model asked")
    return round.results[0]
  }

  /// The JSON that a method of the only model returns.
  func json(_ method: String, _ arguments: [CallArgument] = []) async throws -> JSONValue {
    let result = try await ask(method, arguments)
    let value = try #require(result.value, "\(method): \(result.status) \(result.detail ?? "")")
    return try JSONValue.parse(text: try value.jsonText().lossyText)
  }
}
