import Competition
import Glibc
import Logging

/// The thread that owns the database session: stores rounds in order, and serves requests between
/// them.
///
/// Everything here but `start` runs on that thread.
final class StorageThread {
  private let configuration: DatabaseConfiguration
  private let shared: Signalled<StorageState>
  private let interruption: Interruption
  private let store: RoundStore
  private let pruner: RoundPruner?
  private let logger: Logger
  private let onStored: @Sendable (StoredRound) -> Void

  private var connection: PostgresConnection?
  /// What of Updraft's tables the session can use; nil until the schema has been looked at.
  private var ownTables: OwnTables?
  /// The round being stored, with what it has become in earlier tries.
  private var current: PreparedRound?
  private var delay = RetryDelay()
  private var failingSince: MonotonicInstant?

  init(
    _ configuration: DatabaseConfiguration, shared: Signalled<StorageState>,
    interruption: Interruption, store: RoundStore, pruner: RoundPruner?, logger: Logger,
    onStored: @escaping @Sendable (StoredRound) -> Void
  ) {
    self.configuration = configuration
    self.shared = shared
    self.interruption = interruption
    self.store = store
    self.pruner = pruner
    self.logger = logger
    self.onStored = onStored
  }

  /// Starts a thread that makes its worker with `make` and runs it to the end.
  static func start(_ make: @escaping @Sendable () -> StorageThread) throws(StorageError) {
    var thread = pthread_t()
    let box = Unmanaged.passRetained(StorageThreadBody(run: { make().run() }))
    let code = pthread_create(&thread, nil, storageThreadDidStart, box.toOpaque())
    guard code == 0 else {
      box.release()
      throw StorageError(
        .configuration, "pthread_create: \(String(cString: strerror(code)))",
        doing: "start the storage thread", hint: "raise the limit of processes (ulimit -u)")
    }
    pthread_detach(thread)
  }

  private func run() {
    while true {
      let work = shared.next { $0.nextWork(at: .now()) }
      switch work {
      case .end: return end()
      case .requests(let requests): serve(requests)
      case .round: storeFirst()
      case .pruning: pruneBatch()
      }
      recordCPUTime()
    }
  }

  private func end() {
    connection?.close()
    recordCPUTime()
    let (requests, drains) = shared.withLock { state in
      defer { state.requests = [] }
      return (state.requests, state.takeDrainWaiters())
    }
    for request in requests { request(.failure(.writerStopped)) }
    for drain in drains { drain.resume(returning: false) }
    let waiters = shared.withLock { state in
      state.hasEnded = true
      defer { state.endWaiters = [] }
      return state.endWaiters
    }
    for waiter in waiters { waiter.resume() }
  }

  // MARK: Session

  /// The open session, a new one if need be.
  private func openConnection() throws(StorageError) -> PostgresConnection {
    if let connection {
      if connection.isUsable, !connection.noticesEnd() {
        connection.rollBack()
        if connection.isUsable { return connection }
      }
      connection.close()
      self.connection = nil
    }
    ownTables = nil
    let opened = try PostgresConnection(configuration, logger: logger, interruption: interruption)
    connection = opened
    shared.withLock { $0.statistics.connections += 1 }
    return opened
  }

  /// Serves requests in order; when there is no session, all of them fail with the one reason.
  private func serve(_ requests: [StorageState.Request]) {
    var failure: StorageError?
    for request in requests {
      do throws(StorageError) {
        if let failure { throw failure }
        let connection = try openConnection()
        note(failure: nil)
        request(.success(connection))
        // A request may have made tables: look again before the next round.
        ownTables = nil
      } catch {
        failure = error
        note(failure: error)
        request(.failure(error))
      }
    }
  }

  // MARK: Rounds

  private func storeFirst() {
    guard var round = current ?? shared.withLock({ $0.queue.first }) else { return }
    do throws(StorageError) {
      let connection = try openConnection()
      let tables = try usableTables(connection)
      try store.store(&round, on: connection, ownTables: tables)
    } catch {
      current = round
      if error.endsConnection { current?.mayBeStored = true }
      return retry(after: error)
    }
    current = nil
    finish(StoredRound(round, at: .now()))
  }

  /// Deletes some old statistics and, after the last batch, makes the coming partitions; what fails
  /// is tried again with the next pruning.
  private func pruneBatch() {
    guard let pruner else { return }
    var pause = RoundPruner.interval
    var count = 0
    do throws(StorageError) {
      let connection = try openConnection()
      if try usableTables(connection).hasRounds {
        count = try pruner.deleteBatch(on: connection, at: .now())
        if count == RoundPruner.batchRowsMax { pause = RoundPruner.batchPause }
      }
      if pause == RoundPruner.interval {
        _ = try PartitionMaker(connection).makeAhead(at: .now())
      }
      note(failure: nil)
    } catch {
      guard error.code != .stopped else { return }
      logger.warning("old round statistics stay", metadata: ["reason": "\(error)"])
      note(failure: error)
    }
    let next = MonotonicInstant.now().advanced(by: pause)
    shared.withLock { state in
      state.pruneAt = next
      state.statistics.prunedRounds += count
    }
  }

  private func usableTables(_ connection: PostgresConnection) throws(StorageError) -> OwnTables {
    if let ownTables { return ownTables }
    _ = try SchemaInspection(connection)
    let found = try SchemaInitializer(connection).ownTables()
    ownTables = found
    return found
  }

  private func finish(_ stored: StoredRound) {
    let refused = stored.failures.reduce(0) { $0 + ($1.source == .storage ? 1 : 0) }
    let dropped = stored.failures.reduce(0) { $0 + ($1.source == .dropped ? 1 : 0) }
    recordCPUTime()
    let waiters = shared.withLock { state in
      state.queue.removeFirst()
      state.statistics.storedRounds += 1
      state.statistics.storedRows += stored.rowCount
      state.statistics.refusedAnswers += refused
      state.statistics.droppedRows += dropped
      return state.queue.count == 0 ? state.takeDrainWaiters() : []
    }
    if let failingSince {
      logger.notice(
        "rounds are being stored again",
        metadata: ["after_ms": "\(MonotonicInstant.now().since(failingSince).milliseconds)"])
    }
    failingSince = nil
    delay.reset()
    note(failure: nil)
    onStored(stored)
    for waiter in waiters { waiter.resume(returning: true) }
  }

  private func retry(after error: StorageError) {
    guard error.code != .stopped else { return }
    let pause = delay.next()
    let waiting = shared.withLock { state in
      state.retryAt = .now().advanced(by: pause)
      state.statistics.failedTries += 1
      return state.queue.count
    }
    let level: Logger.Level = failingSince == nil ? .error : .debug
    failingSince = failingSince ?? .now()
    logger.log(
      level: level, "a round is not stored yet; it will be tried again",
      metadata: [
        "reason": "\(error)", "queued_rounds": "\(waiting)",
        "retry_in_ms": "\(pause.milliseconds)",
      ])
    note(failure: error)
  }

  private func note(failure: StorageError?) {
    shared.withLock { state in
      state.statistics.isConnected = failure.map { !$0.endsConnection } ?? true
      if let failure {
        state.statistics.lastError = failure.description
        state.statistics.lastErrorAt = .now()
      }
    }
  }

  private func recordCPUTime() {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    let used = Duration.seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    shared.withLock { $0.statistics.threadCPUTime = used }
  }
}

/// What the thread runs, carried through the C thread function.
private final class StorageThreadBody {
  let run: @Sendable () -> Void
  init(run: @escaping @Sendable () -> Void) { self.run = run }
}

/// Runs the thread's body. Signals are left to the program's other threads.
private func storageThreadDidStart(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer?
{
  guard let context else { return nil }
  var signals = sigset_t()
  sigfillset(&signals)
  pthread_sigmask(SIG_BLOCK, &signals, nil)
  Unmanaged<StorageThreadBody>.fromOpaque(context).takeRetainedValue().run()
  return nil
}

extension StorageError {
  static let writerStopped = StorageError(
    .stopped, "the storage has been stopped", doing: "use the database")
}
