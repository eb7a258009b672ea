import Competition
import Glibc
import Logging

/// The thread that stores rounds, one after another, in the order in which they opened: an open one
/// as its answers come, a closed one whole, one that only the spool has after it was read back.
///
/// Everything here but `init` runs on that thread.
final class StorageThread {
  private let session: DatabaseSession
  private let shared: Monitor<StorageState>
  private let spool: Monitor<SpoolInbox>?
  private let store: RoundStore
  private let aftermath: RoundAftermath
  private let logger: Logger
  private let onStored: @Sendable (StoredRound) -> Void

  /// What of Updraft's tables the session can use; nil until the schema has been looked at.
  private var ownTables: (tables: OwnTables, session: Int)?
  /// The round being stored, with what it has become in earlier tries.
  private var current: PreparedRound?
  private var delay = RetryDelay()
  private var failingSince: MonotonicInstant?

  init(
    _ session: DatabaseSession, shared: Monitor<StorageState>, spool: Monitor<SpoolInbox>?,
    store: RoundStore, aftermath: RoundAftermath, logger: Logger,
    onStored: @escaping @Sendable (StoredRound) -> Void
  ) {
    self.session = session
    self.shared = shared
    self.spool = spool
    self.store = store
    self.aftermath = aftermath
    self.logger = logger
    self.onStored = onStored
  }

  /// Works until it is stopped; what is not stored then stays in the queue.
  func run() {
    while true {
      switch shared.wait({ $0.nextWork(at: .now()) }) {
      case .end: return end()
      case .read: askForReads()
      case .stream: streamFirst()
      case .store: storeFirst()
      }
      recordCPUTime()
    }
  }

  private func end() {
    session.close()
    recordCPUTime()
    let drains = shared.withLock { $0.takeDrainWaiters() }
    for drain in drains { drain.resume(returning: false) }
  }

  // MARK: The first round

  /// Has the spool's thread read the first round, and the one after it while this one is stored.
  private func askForReads() {
    let reads = shared.withLock { $0.queue.takeReads() }
    guard !reads.isEmpty else { return }
    spool?.change { inbox in
      for read in reads { inbox.add(.read(read.number, read.file)) }
    }
  }

  /// The first round with all that has happened to it; nil when the spool can't give it back.
  private func takeFirst() -> PreparedRound? {
    let taken = shared.withLock { state in state.queue.first.map { ($0, state.takeNews()) } }
    guard let (first, news) = taken else { return nil }
    switch first.place {
    case .file, .asked: return current
    case .memory(let opening):
      var round = current ?? PreparedRound(opening, memory: first.memory)
      round.segment = first.segment
      _ = round.take(news)
      return round
    case .read(.success(let recovered), _):
      if let current { return current }
      for damage in recovered.damage {
        logger.error("a part of the spool is damaged", metadata: ["place": "\(damage)"])
      }
      return PreparedRound(
        recovered, end: first.end?.at ?? first.since, isReplayed: first.isLeftover)
    case .read(.failure(let error), let file):
      giveUp(file, because: error)
      return nil
    }
  }

  /// Goes on without a round that can't be read; its file stays where it is.
  private func giveUp(_ file: SegmentFile, because error: SpoolError) {
    logger.error(
      "a round stays in the spool: it can't be read",
      metadata: ["file": "\(file.path)", "reason": "\(error)"])
    let waiters = shared.withLock { state in
      state.statistics.unreadableRounds += 1
      return state.removeFirst()
    }
    for waiter in waiters { waiter.resume(returning: true) }
  }

  /// Copies the first round's rows as they come. When that fails, it is stored whole at its end.
  private func streamFirst() {
    guard var round = takeFirst() else { return }
    do throws(StorageError) {
      let connection = try session.open()
      let tables = try usableTables(connection)
      let stream = RoundStream(store, on: connection, ownTables: tables, logger: logger)
      let shared = shared
      try stream.run(&round) { () throws(StorageError) in
        let news = shared.wait { $0.nextNews() }
        guard let news else { throw .writerStopped }
        return news
      }
      return finish(round, on: connection)
    } catch {
      keep(round, after: error)
      guard error.code != .stopped else { return }
      shared.withLock { state in
        state.queue.first?.mayStream = false
        state.statistics.failedTries += 1
        state.statistics.note(failure: error)
      }
      logger.notice(
        "a round is not copied while it is open; it is stored at its end",
        metadata: ["reason": "\(error)"])
    }
  }

  /// Stores the first round, which is closed.
  private func storeFirst() {
    guard var round = takeFirst() else { return }
    do throws(StorageError) {
      let connection = try session.open()
      askForReads()
      let tables = try usableTables(connection)
      try store.store(&round, on: connection, ownTables: tables)
      return finish(round, on: connection)
    } catch {
      keep(round, after: error)
      retry(after: error)
    }
  }

  /// Remembers what a round has become in a try that failed, but not what can be read back.
  private func keep(_ round: PreparedRound, after error: StorageError) {
    var round = round
    round.dropAllSpooled()
    if error.endsConnection { round.mayBeStored = true }
    current = round
  }

  private func usableTables(_ connection: PostgresConnection) throws(StorageError) -> OwnTables {
    let isStale = shared.withLock { state in
      defer { state.schemaMayHaveChanged = false }
      return state.schemaMayHaveChanged
    }
    if let ownTables, !isStale, ownTables.session == session.openedCount {
      return ownTables.tables
    }
    ownTables = nil
    _ = try SchemaInspection(connection)
    let found = try SchemaInitializer(connection).ownTables()
    ownTables = (found, session.openedCount)
    return found
  }

  // MARK: Ends of tries

  private func finish(_ round: PreparedRound, on connection: PostgresConnection) {
    current = nil
    let stored = StoredRound(round, at: .now())
    aftermath.tell(of: stored, on: connection)
    let rejected = aftermath.reject(round)
    if let segment = round.segment, rejected.isComplete {
      spool?.change { $0.add(.remove(segment.file)) }
    }
    recordCPUTime()
    let waiters = shared.withLock { state in
      state.statistics.count(stored)
      state.statistics.rejectedRows += rejected.count
      state.statistics.isStoringFailing = false
      state.statistics.note(failure: nil)
      return state.removeFirst()
    }
    if let failingSince {
      logger.notice(
        "rounds are being stored again",
        metadata: ["after_ms": "\(MonotonicInstant.now().since(failingSince).milliseconds)"])
    }
    failingSince = nil
    delay.reset()
    if stored.isReplayed { tellProgress(stored) }
    onStored(stored)
    for waiter in waiters { waiter.resume(returning: true) }
  }

  private func tellProgress(_ stored: StoredRound) {
    let statistics = shared.withLock { $0.snapshot(at: .now()) }
    let done = statistics.replayedRounds
    logger.notice(
      "a round of an earlier run is stored",
      metadata: [
        "round": "\(stored.performedAt.compactMilliseconds)", "rows": "\(stored.rowCount)",
        "done": "\(done)", "of": "\(done + statistics.replayingRounds)",
      ])
  }

  private func retry(after error: StorageError) {
    guard error.code != .stopped else { return }
    let pause = delay.next()
    let waiting = shared.withLock { state in
      state.retryAt = .now().advanced(by: pause)
      state.statistics.failedTries += 1
      state.statistics.isStoringFailing = true
      state.statistics.note(failure: error)
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
  }

  private func recordCPUTime() {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    let used = Duration.seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    shared.withLock { $0.statistics.threadCPUTime = used }
  }
}

extension StorageError {
  static let writerStopped = StorageError(
    .stopped, "the storage has been stopped", doing: "use the database")
}
