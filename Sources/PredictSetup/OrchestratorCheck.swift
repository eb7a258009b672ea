import Competition
public import Settings
import Logging
import ModelRunner
public import ServiceRuntime

/// Whether the orchestrator answers, and how many models it names; no model is connected to.
public struct OrchestratorCheck {
  private static let waitMax = Duration.seconds(3)
  private static let name = "orchestrator"

  private let game: GameConfiguration

  /// A check of the orchestrator that the game names.
  public init(_ game: GameConfiguration) { self.game = game }

  /// Asks for its list, for 3 s at most.
  public func row() async -> CheckRow {
    let place = "\(game.orchestrator.host):\(game.orchestrator.port)"
    let remedy =
      "start model-orchestrator, or set orchestrator.host and orchestrator.port "
      + "(MODEL_RUNNER_NODE_HOST, MODEL_RUNNER_NODE_PORT)"
    do {
      _ = try game.orchestrator.readAuthorization()
    } catch {
      return .failure(
        Self.name, error.problem, remedy: "copy the orchestrator's token there, mode 0600")
    }
    let cluster: ModelCluster
    do {
      cluster = try await ModelCluster.start(options)
    } catch {
      return .failure(Self.name, "\(error)", remedy: "raise the limit of open files (ulimit -n)")
    }
    let hasList = await cluster.waitForModels(atMost: Self.waitMax)
    await cluster.stop()
    var modelCount = 0
    var reason = "no answer within \(Self.waitMax.text)"
    for await event in cluster.events {
      switch event {
      case .orchestratorLost(let why, _): reason = why
      // With no place for any model, each one that runs is refused.
      case .modelsRefused(let ids, _): modelCount += ids.count
      default: break
      }
    }
    guard hasList else { return .failure(Self.name, "\(place): \(reason)", remedy: remedy) }
    guard modelCount > 0 else {
      return .warning(
        Self.name, "ws://\(place)/\(game.crunchID) names no running model",
        remedy: "check crunch_id and the orchestrator's models.yml")
    }
    return .ok(Self.name, "ws://\(place)/\(game.crunchID) names \(modelCount) running models")
  }

  private var options: ClusterOptions {
    let logger = Logger(label: "check") { _ in SwiftLogNoOpLogHandler() }
    var options = ClusterOptions(game, security: .plain, logger: logger)
    options.limits.modelsMax = 0
    options.reportsFailures = false
    return options
  }
}
