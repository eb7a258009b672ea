import Competition
import Configuration
import Rounds
import ServiceRuntime
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

  func keep(_ round: RoundRecord) -> Bool { writer.enqueue(round) }
}

extension DatabaseSettings {
  /// The settings in Storage's words.
  ///
  /// - Throws: `StartFailure` for an address that can't be used.
  func makeConfiguration() throws -> DatabaseConfiguration {
    if let url {
      do {
        return try DatabaseConfiguration(environment: [:], url: url)
      } catch {
        throw StartFailure("\(error)", exitCode: .wrongConfiguration)
      }
    }
    var configuration = DatabaseConfiguration()
    configuration.host = host
    configuration.port = port.map(Int.init)
    configuration.user = user
    configuration.password = password
    configuration.database = name
    configuration.applicationName = "updraft predict-worker"
    return configuration
  }
}
