public import Competition
public import Logging

/// Stores rounds, off everybody's thread: it has one of its own, with one database session.
///
/// `enqueue` is all that the fan-out calls: it takes a lock, appends, and returns. Whatever the
/// database does, a round waits in the queue and is tried again until it is stored; at the queue's
/// bound new rounds are refused, with an error in the log and a counter. The writer lives until
/// `stop()`, which must be called.
public final class RoundWriter: Sendable {
  private let shared: Signalled<StorageState>
  private let interruption: Interruption
  private let options: RoundWriterOptions
  private let logger: Logger

  /// Starts the thread; the database is first contacted when there is something to do.
  ///
  /// - Parameters:
  ///   - configuration: where the database is.
  ///   - options: bounds and checks.
  ///   - logger: where the writer logs.
  ///   - onStored: called on the storage thread after each commit; must not wait.
  /// - Throws: `StorageError` of code `configuration` when the system gives no thread or pipe.
  public init(
    _ configuration: DatabaseConfiguration, options: RoundWriterOptions = RoundWriterOptions(),
    logger: Logger = Logger(label: "updraft.storage"),
    onStored: @escaping @Sendable (StoredRound) -> Void = { _ in }
  ) throws(StorageError) {
    let queue = RoundQueue(
      roundsMax: options.queuedRoundsMax, bytesMax: options.queuedBytesMax)
    var state = StorageState(queue: queue)
    if options.roundsKeptFor != nil { state.pruneAt = .now() }
    let shared = Signalled(state)
    let interruption = try Interruption()
    self.shared = shared
    self.interruption = interruption
    self.options = options
    self.logger = logger
    try StorageThread.start {
      let answers = AnswerCheck(limits: options.limits, checksShape: options.checksShape)
      return StorageThread(
        configuration, shared: shared, interruption: interruption,
        store: RoundStore(answers: answers, shard: options.shard, logger: logger),
        pruner: options.roundsKeptFor.map { RoundPruner(keepsFor: $0) }, logger: logger,
        onStored: onStored)
    }
  }

  /// Hands a closed round over; any thread, no system call but a wake-up of the storage thread.
  ///
  /// - Returns: false when the round was refused: the queue is at its bound, or the writer stops.
  @discardableResult
  public func enqueue(_ round: RoundRecord) -> Bool {
    let isTaken = shared.withLock(signals: true) { state in
      if !state.isStopping, state.queue.offer(round, at: .now()) { return true }
      state.statistics.refusedRounds += 1
      return false
    }
    if !isTaken {
      logger.error(
        "a round is lost: the storage queue is full or stopped",
        metadata: [
          "performed_at": "\(round.performedAt.iso8601)", "rows": "\(round.records.count)",
          "queued_rounds_max": "\(options.queuedRoundsMax)",
          "queued_bytes_max": "\(options.queuedBytesMax)",
        ])
    }
    return isTaken
  }

  /// Runs `body` with the session on the storage thread, after what is being stored now.
  ///
  /// A new session is opened when there is none. An open transaction that `body` leaves behind is
  /// rolled back; the session's settings are the caller's to restore.
  ///
  /// - Throws: what `body` throws; `StorageError` when the database can't be reached, the writer
  ///   stops (`stopped`) or too many requests wait (`queueFull`).
  public func perform<Value: Sendable>(
    _ body: @escaping @Sendable (PostgresConnection) throws -> Value
  ) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      let request: StorageState.Request = { connection in
        continuation.resume(with: Result { try body(connection.get()) })
      }
      let refusal = shared.withLock(signals: true) { state -> StorageError? in
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

  /// What has been done and what waits.
  public var statistics: RoundWriterStatistics { shared.withLock { $0.snapshot } }

  /// Waits until every round is stored, or for `deadline`.
  ///
  /// - Returns: whether the queue was empty in time.
  public func drain(deadline: MonotonicInstant) async -> Bool {
    let shared = shared
    var timer: Task<Void, Never>?
    defer { timer?.cancel() }
    return await withCheckedContinuation { continuation in
      let (answer, number) = shared.withLock { state -> (Bool?, Int) in
        if state.queue.count == 0 { return (true, 0) }
        if state.isStopping { return (false, 0) }
        return (nil, state.add(continuation))
      }
      if let answer { return continuation.resume(returning: answer) }
      timer = Task {
        try? await Task.sleep(for: max(.zero, deadline.since(.now())))
        let waiter = shared.withLock { $0.drainWaiters.removeValue(forKey: number) }
        waiter?.resume(returning: false)
      }
    }
  }

  /// Ends the thread and the session, also in the middle of a statement, and waits for it.
  ///
  /// - Returns: the number of rounds that were not stored; 0 after a successful `drain`.
  @discardableResult
  public func stop() async -> Int {
    shared.withLock(signals: true) { $0.isStopping = true }
    interruption.interrupt()
    await withCheckedContinuation { continuation in
      let hasEnded = shared.withLock { state in
        if !state.hasEnded { state.endWaiters.append(continuation) }
        return state.hasEnded
      }
      if hasEnded { continuation.resume() }
    }
    let left = shared.withLock { $0.queue.count }
    if left > 0 {
      logger.error("stopped with rounds that are not stored", metadata: ["rounds": "\(left)"])
    }
    return left
  }
}

extension RoundWriter {
  /// The active `prediction_configs`, in their order.
  public func loadConfigs() async throws -> [PredictionConfig] {
    try await perform { try PredictionConfigTable($0).loadActive() }
  }

  /// The known models, ordered by id.
  public func loadModels() async throws -> [ModelRow] {
    try await perform { try ModelTable($0).load() }
  }

  /// When the newest stored round was asked, nil for an empty table: later rounds must be later,
  /// also after the clock was set back.
  public func lastPerformedAt() async throws -> UTCTime? {
    try await perform { try PredictionTable($0).lastPerformedAt() }
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
