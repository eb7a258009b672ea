public import Competition
internal import JSON
public import Resilience

/// What the orchestrator is told of a model that must not be called any more.
public struct FailureReport: Hashable, Sendable {
  /// The model.
  public let modelID: ModelID
  /// The kind of failure.
  public let code: FailureCode
  /// What happened, for the participant.
  public let reason: String
  /// The address that the model was called at.
  public let host: String

  /// The `report_failure` message, UTF-8 JSON.
  var message: [UInt8] {
    let entry: JSONValue = [
      "model_id": .string(modelID.rawValue), "failure_code": .string(code.rawValue),
      "failure_reason": .string(reason), "ip": .string(host),
    ]
    let root: JSONValue = ["event": "report_failure", "data": .array([entry])]
    return Array(root.text().utf8)
  }
}
