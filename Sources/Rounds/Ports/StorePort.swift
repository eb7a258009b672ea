public import Competition

/// Where rounds go, while they are open already, and configurations come from; `Storage` stands
/// behind it.
public protocol StorePort: Sendable {
  /// The rows of `prediction_configs` that are active; returns or throws by the deadline, so that a
  /// slow database never delays a tick (`BoundedWait` helps).
  func activeConfigs(by deadline: MonotonicInstant) async throws -> [PredictionConfig]

  /// All rows of `models`.
  func knownModels() async throws -> [ModelRow]

  /// Announces a round whose models are about to be called; never waits.
  ///
  /// - Returns: Where its answers go; nil when there is no room for them, so that nobody is to be
  ///   asked.
  func open(_ opening: RoundOpening) -> (any RoundKeeping)?
}

/// A round that storage has accepted: takes its answers as they arrive. None of this waits.
public protocol RoundKeeping: Sendable {
  /// Hands over outcomes of called models, each model's once; from one thread at a time.
  func arrived(_ outcomes: [PredictionOutcome])

  /// Hands over the closed round, with one record for each entry of its opening in their order;
  /// nothing arrives after it.
  ///
  /// - Returns: False when storage has ended meanwhile.
  func close(_ round: RoundRecord) -> Bool
}
