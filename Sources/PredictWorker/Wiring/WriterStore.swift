import Competition
import Rounds
import Storage

/// The database as the game loop sees it: `Storage`'s writer behind the loop's port.
final class WriterStore: StorePort {
  private let writer: RoundWriter

  init(_ writer: RoundWriter) { self.writer = writer }

  func activeConfigs(by deadline: MonotonicInstant) async throws -> [PredictionConfig] {
    try await BoundedWait.run("reading prediction_configs", by: deadline) { [writer] in
      try await writer.loadConfigs()
    }
  }

  func knownModels() async throws -> [ModelRow] { try await writer.loadModels() }

  func open(_ opening: RoundOpening) -> (any RoundKeeping)? { ClosedRounds(writer: writer) }
}

/// Hands a round over when it is closed.
private struct ClosedRounds: RoundKeeping {
  let writer: RoundWriter

  func arrived(_ outcomes: [PredictionOutcome]) {}

  func close(_ round: RoundRecord) -> Bool { writer.enqueue(round) }
}
