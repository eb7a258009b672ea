public import Competition

extension RoundWriter {
  /// Runs `body` on the request thread with its session.
  ///
  /// Rounds are stored by another thread with a session of its own, so that a request never waits
  /// for a round that is open. A new session is opened when there is none. An open transaction that
  /// `body` leaves behind is rolled back; the session's settings are the caller's to restore.
  ///
  /// - Throws: what `body` throws; `StorageError` when the database can't be reached, the writer
  ///   stops (`stopped`) or too many requests wait (`queueFull`).
  public func perform<Value: Sendable>(
    _ body: @escaping @Sendable (PostgresConnection) throws -> Value
  ) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      let request: RequestState.Request = { connection in
        continuation.resume(with: Result { try body(connection.get()) })
      }
      let refusal = requests.change { state -> StorageError? in
        if state.isStopping { return .writerStopped }
        if state.requests.count >= options.queuedRequestsMax {
          return StorageError(
            .queueFull, "\(options.queuedRequestsMax) requests wait already",
            doing: "use the database", hint: "the database is slow or away: see the log")
        }
        state.requests.append(request)
        return nil
      }
      if let refusal { continuation.resume(throwing: refusal) }
    }
  }

  /// The active `prediction_configs`, in their order.
  public func loadConfigs() async throws -> [PredictionConfig] {
    try await perform { try PredictionConfigTable($0).loadActive() }
  }

  /// The known models, ordered by id.
  public func loadModels() async throws -> [ModelRow] {
    try await perform { try ModelTable($0).load() }
  }

  /// When the newest round was asked that is in the table or was left in the spool, nil when there
  /// is none: later rounds must be later, also after the clock was set back.
  public func lastPerformedAt() async throws -> UTCTime? {
    let stored = try await perform { try PredictionTable($0).lastPerformedAt() }
    return [stored, newestLeftover].compactMap(\.self).max()
  }

  /// What a worker does once at its start: checks the tables, creates what is missing of Updraft's
  /// own, sets lz4, and makes the coming partitions; without the rights it goes on without.
  public func prepareDatabase() async throws -> DatabasePreparation {
    try await perform { connection in
      let initializer = SchemaInitializer(connection)
      let preparation = DatabasePreparation(
        inspection: try SchemaInspection(connection),
        ownTables: try initializer.ensureOwnTables(),
        compression: try initializer.setCompression())
      _ = try PartitionMaker(connection).makeAhead(at: .now())
      return preparation
    }
  }
}

/// What a worker found and did in the database at its start.
public struct DatabasePreparation: Hashable, Sendable {
  /// What the catalogue says.
  public let inspection: SchemaInspection
  /// Which of Updraft's own tables can be used.
  public let ownTables: OwnTables
  /// The compression of the answers.
  public let compression: ColumnCompression
}
