import Competition
import JSON

/// One model in the answers of the deployment API.
public struct DeployedModel: Hashable, Sendable {
  /// What its entry asks for.
  public let entry: ModelEntry
  /// How it is doing; nil when it was never asked to run.
  public let status: ModelStatus?
  /// Whether it was added over the API, so that it can be deleted over it.
  public let isFromAPI: Bool
  /// Its Python environment, whose build has a log; nil for native ones.
  public let environment: String?

  /// The word for the state, as the Python orchestrator says it.
  var statusText: String {
    guard let status else { return "CREATED" }
    switch status.phase {
    case .preparing: return "BUILDER_BUILDING"
    case .starting, .checking: return "RUNNER_INITIALIZING"
    case .running: return "RUNNER_RUNNING"
    case .stopping: return "RUNNER_STOPPING"
    case .stopped: return "RUNNER_STOPPED"
    case .waiting, .failed, .refused: return "RUNNER_FAILED"
    }
  }

  /// The row of `GET /models`; `base` begins the addresses of its logs: `http://HOST/models`.
  func row(base: String) -> JSONValue {
    [
      "id": .string(entry.modelID.rawValue), "model_name": text(entry.infos.modelName),
      "deployment_id": .string(status?.deploymentID ?? ""),
      "desired_state": .string(entry.desiredState.rawValue), "status": .string(statusText),
      "statusMessage": text(status?.refusal ?? status?.reason),
      "crunch_id": .string(entry.crunchID), "cruncher_id": .string(entry.infos.cruncherID ?? ""),
      "cruncher_name": text(entry.infos.cruncherName),
      "builder_log_uri": text(environment.map { "\(base)/logs/builder/\($0)" }),
      "runner_log_uri": .string("\(base)/logs/runner/\(entry.modelID)"),
      // Ours.
      "submission_id": .string(entry.launch.submissionID),
      "source": .string(isFromAPI ? "api" : "models.yml"),
      "starts": .int(Int64(status?.startCount ?? 0)),
    ]
  }

  /// The answer to an addition or a change.
  func response(warnings: [String]) -> JSONValue {
    [
      "id": .string(entry.modelID.rawValue), "model_name": text(entry.infos.modelName),
      "crunch_id": .string(entry.crunchID), "desired_state": .string(entry.desiredState.rawValue),
      "cruncher_id": .string(entry.infos.cruncherID ?? ""),
      "cruncher_name": text(entry.infos.cruncherName),
      "submission_id": .string(entry.launch.submissionID),
      "warnings": .array(warnings.map { .string($0) }),
    ]
  }

  private func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
}
