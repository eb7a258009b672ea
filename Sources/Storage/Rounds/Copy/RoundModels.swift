import Competition
import Logging

/// Sees to it that every model of a round has its row before predictions refer to it.
///
/// In transactions of their own: a row of `models` must not stay locked while a round is open.
struct RoundModels {
  private let logger: Logger

  init(logger: Logger) { self.logger = logger }

  /// Writes the rows that are new or have changed; one that the database refuses is named, and the
  /// others are written.
  func write(
    of prepared: PreparedRound, on connection: PostgresConnection
  ) throws(StorageError) {
    let table = ModelTable(connection)
    let models = prepared.opening.models
    let isRefused = try isRefused { () throws(StorageError) in try table.upsert(models) }
    guard isRefused else { return }
    for model in models {
      try tolerating(model.modelID) { () throws(StorageError) in try table.upsert([model]) }
    }
  }

  /// Inserts a bare row for each model of the roster that has none.
  func insertMissing(
    of prepared: PreparedRound, on connection: PostgresConnection
  ) throws(StorageError) {
    let table = ModelTable(connection)
    let ids = prepared.rows.map(\.record.modelID)
    let isRefused = try isRefused { () throws(StorageError) in try table.insertMissing(ids) }
    guard isRefused else { return }
    for id in ids {
      try tolerating(id) { () throws(StorageError) in try table.insertMissing([id]) }
    }
  }

  private func isRefused(
    _ body: () throws(StorageError) -> Void
  ) throws(StorageError) -> Bool {
    try PostgresConnection.refusal(catching: body) != nil
  }

  private func tolerating(
    _ modelID: ModelID, _ body: () throws(StorageError) -> Void
  ) throws(StorageError) {
    guard let refusal = try PostgresConnection.refusal(catching: body) else { return }
    logger.error(
      "the database refuses a model's row",
      metadata: ["model_id": "\(modelID)", "reason": "\(refusal.message)"])
  }
}
