import Competition
public import Rounds
public import Storage

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

  func open(_ opening: RoundOpening) -> (any RoundKeeping)? { writer.open(opening) }
}

extension OpenRound: RoundKeeping {}
