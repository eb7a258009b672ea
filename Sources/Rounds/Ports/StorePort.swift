public import Competition

/// Where rounds go and configurations come from; `Storage` stands behind it.
public protocol StorePort: Sendable {
  /// The rows of `prediction_configs` that are active; returns or throws by the deadline, so that a
  /// slow database never delays a tick (`BoundedWait` helps).
  func activeConfigs(by deadline: MonotonicInstant) async throws -> [PredictionConfig]

  /// All rows of `models`.
  func knownModels() async throws -> [ModelRow]

  /// Hands a closed round over to be stored, without waiting; false when it had to be refused.
  func keep(_ round: RoundRecord) -> Bool
}
