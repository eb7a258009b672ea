public import Competition
public import Logging

/// Stores rounds, off everybody's thread, while they are open already.
///
/// What is handed over takes a lock, is appended, and wakes a thread; nobody waits for the disk or
/// the database. Three threads do the work: the *spool's* appends every answer to the round's file
/// (with `options.spool`), the *storage* thread copies it into the tables with a session of its
/// own, and the *request* thread serves `perform` with another.
///
/// Whatever the database does, a round waits and is tried again until it is stored; what has
/// arrived survives the program in the spool and is stored by its next run. Only when neither the
/// database nor the spool takes anything and memory is at its bound is a round that opens refused,
/// with a counter. The writer lives until `stop()`, which must be called.
public final class RoundWriter: Sendable {
  let options: RoundWriterOptions
  let requests: Monitor<RequestState>
  /// When the newest round was asked that an earlier run left in the spool.
  let newestLeftover: UTCTime?
  private let pipeline: RoundPipeline
  private let interruption: Interruption
  private let logger: Logger
  private let storageThread: WorkThread
  private let requestThread: WorkThread
  private let spoolThread: WorkThread?

  /// Opens the spool and starts the threads; the database is first contacted when there is
  /// something to do. What an earlier run has left in the spool is stored first.
  ///
  /// - Parameters:
  ///   - configuration: where the database is.
  ///   - options: bounds, checks and the spool.
  ///   - logger: where the writer logs.
  ///   - onStored: called on the storage thread after each commit; must not wait.
  ///   - onKept: called on the spool's thread after each part that the spool has taken; must not
  ///     wait.
  /// - Throws: `StorageError`: `configuration` when the system gives no thread or pipe, `spool`
  ///   when the spool's folder can't be used, for example because another process holds it.
  public init(
    _ configuration: DatabaseConfiguration, options: RoundWriterOptions = RoundWriterOptions(),
    logger: Logger = Logger(label: "updraft.storage"),
    onStored: @escaping @Sendable (StoredRound) -> Void = { _ in },
    onKept: (@Sendable (KeptPart) -> Void)? = nil
  ) throws(StorageError) {
    let interruption = try Interruption()
    let parts = RoundWriterParts(
      configuration, options, interruption: interruption, logger: logger, onStored: onStored)
    self.options = options
    self.logger = logger
    self.interruption = interruption
    requests = parts.requests
    let spool = try parts.openSpool()
    newestLeftover = spool?.leftovers().map(\.performedAt).max()
    pipeline = RoundPipeline(storage: parts.storage, spool: spool == nil ? nil : parts.inbox)
    do throws(StorageError) {
      spoolThread = try spool.map { (spool) throws(StorageError) in
        try parts.startSpool(spool, onKept: onKept)
      }
    } catch {
      spool?.close()
      throw error
    }
    do throws(StorageError) {
      requestThread = try parts.startRequests()
    } catch {
      parts.stopAll()
      spoolThread?.join()
      throw error
    }
    do throws(StorageError) {
      storageThread = try parts.startStorage(isSpooled: spool != nil)
    } catch {
      parts.stopAll()
      spoolThread?.join()
      requestThread.join()
      throw error
    }
  }

  // MARK: Rounds

  /// Gives a round that opens its place; any thread, no system call but a wake-up.
  ///
  /// - Returns: where its answers go; nil when the round is refused: memory is at its bound, or the
  ///   writer stops.
  public func open(_ opening: RoundOpening) -> OpenRound? { pipeline.open(opening) }

  /// Hands over a round that is closed already, with a record for each model of its roster.
  ///
  /// - Returns: false when the round was refused: memory is at its bound, or the writer stops.
  @discardableResult
  public func enqueue(_ round: RoundRecord) -> Bool {
    let entries = round.records.map {
      RoundOpening.Entry(modelID: $0.modelID, isCalled: $0.status != .absent)
    }
    let opening = RoundOpening(
      params: round.params, performedAt: round.performedAt, lateBy: round.lateBy,
      timeout: round.wallTime, isMarketClosed: round.isMarketClosed, models: round.models,
      entries: entries)
    return open(opening)?.close(round) ?? false
  }

  /// What has been done and what waits.
  public var statistics: RoundWriterStatistics {
    pipeline.storage.withLock { $0.snapshot(at: .now()) }
  }

  // MARK: The end

  /// Waits until every round is stored, or for `deadline`.
  ///
  /// - Returns: whether the queue was empty in time.
  public func drain(deadline: MonotonicInstant) async -> Bool {
    let storage = pipeline.storage
    var timer: Task<Void, Never>?
    defer { timer?.cancel() }
    return await withCheckedContinuation { continuation in
      let (answer, number) = storage.withLock { state -> (Bool?, Int) in
        if state.queue.count == 0 { return (true, 0) }
        if state.isStopping { return (false, 0) }
        return (nil, state.add(continuation))
      }
      if let answer { return continuation.resume(returning: answer) }
      timer = Task {
        try? await Task.sleep(for: max(.zero, deadline.since(.now())))
        let waiter = storage.withLock { $0.drainWaiters.removeValue(forKey: number) }
        waiter?.resume(returning: false)
      }
    }
  }

  /// Ends the threads and sessions, also in the middle of a statement, and waits for them; what was
  /// handed over before is in the spool then.
  ///
  /// - Returns: the rounds that are not in the database; none after a successful `drain`.
  @discardableResult
  public func stop() async -> RoundsLeft {
    pipeline.storage.change { $0.isStopping = true }
    requests.change { $0.isStopping = true }
    interruption.interrupt()
    await storageThread.join()
    await requestThread.join()
    // Last, so that it sees what the storage thread has stored.
    pipeline.spool?.change { $0.isStopping = true }
    await spoolThread?.join()
    let left = pipeline.storage.withLock { state in
      RoundsLeft(
        spooled: state.queue.count - state.queue.unfiledCount, lost: state.queue.unfiledCount)
    }
    if left.lost > 0 {
      logger.error(
        "stopped with rounds that are neither stored nor in the spool",
        metadata: ["rounds": "\(left.lost)"])
    }
    return left
  }
}

/// The rounds that a writer had not stored when it was stopped.
public struct RoundsLeft: Hashable, Sendable {
  /// Rounds that the spool has, for the next run.
  public let spooled: Int
  /// Rounds of which something is neither in the database nor in the spool.
  public let lost: Int
}
