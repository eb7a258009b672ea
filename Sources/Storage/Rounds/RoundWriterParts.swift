import Competition
import Logging

/// What a writer is put together from: the states that its threads share, and the threads' starts.
struct RoundWriterParts {
  let storage: Monitor<StorageState>
  let requests: Monitor<RequestState>
  let inbox = Monitor(SpoolInbox())
  private let configuration: DatabaseConfiguration
  private let options: RoundWriterOptions
  private let interruption: Interruption
  private let logger: Logger
  private let onStored: @Sendable (StoredRound) -> Void

  init(
    _ configuration: DatabaseConfiguration, _ options: RoundWriterOptions,
    interruption: Interruption, logger: Logger, onStored: @escaping @Sendable (StoredRound) -> Void
  ) {
    self.configuration = configuration
    self.options = options
    self.interruption = interruption
    self.logger = logger
    self.onStored = onStored
    storage = Monitor(StorageState(queue: RoundQueue(bytesMax: options.queuedBytesMax)))
    var state = RequestState()
    if options.roundsKeptFor != nil { state.pruneAt = .now() }
    requests = Monitor(state)
  }

  /// Opens the spool, if there is one, and queues what is in it.
  func openSpool() throws(StorageError) -> Spool? {
    guard let spoolOptions = options.spool else { return nil }
    let spool: Spool
    do throws(SpoolError) {
      spool = try Spool.open(spoolOptions, crunchID: options.crunchID, shard: options.shard)
    } catch {
      throw StorageError(.spool, error.message, doing: error.doing, hint: error.hint)
    }
    for reason in spool.refused {
      logger.warning("a file of the spool is left alone", metadata: ["reason": "\(reason)"])
    }
    let leftovers = spool.leftovers()
    if !leftovers.isEmpty {
      logger.notice(
        "rounds of an earlier run wait in the spool and are stored first",
        metadata: ["rounds": "\(leftovers.count)", "folder": "\(spoolOptions.directory)"])
    }
    let usage = spool.usage
    storage.withLock { state in
      for file in leftovers { state.queue.append(leftover: file, at: .now()) }
      state.statistics.spool = usage
    }
    return spool
  }

  func startSpool(
    _ spool: Spool, onKept: (@Sendable (KeptPart) -> Void)?
  ) throws(StorageError) -> WorkThread {
    // Nobody else touches it from here on.
    nonisolated(unsafe) let spool = spool
    return try WorkThread.start("spool") { [inbox, storage, logger] in
      SpoolThread(spool, inbox: inbox, storage: storage, logger: logger, onKept: onKept).run()
    }
  }

  func startRequests() throws(StorageError) -> WorkThread {
    try WorkThread.start("request") { [self] in
      RequestThread(
        session(), requests: requests, storage: storage,
        pruner: options.roundsKeptFor.map { RoundPruner(keepsFor: $0) }, logger: logger
      ).run()
    }
  }

  func startStorage(isSpooled: Bool) throws(StorageError) -> WorkThread {
    try WorkThread.start("storage") { [self] in
      let answers = AnswerCheck(limits: options.limits, checksShape: options.checksShape)
      let shard = "\(options.shard)"
      StorageThread(
        session(), shared: storage, spool: isSpooled ? inbox : nil,
        store: RoundStore(answers: answers, shard: shard, logger: logger),
        aftermath: RoundAftermath(
          notice: RoundNotice(crunchID: options.crunchID, shard: shard, logger: logger),
          rejects: options.spool.map { SpoolRejects($0, logger: logger) }, logger: logger),
        logger: logger, onStored: onStored
      ).run()
    }
  }

  /// Tells the threads that have been started to end; whoever has them joins them.
  func stopAll() {
    storage.change { $0.isStopping = true }
    requests.change { $0.isStopping = true }
    inbox.change { $0.isStopping = true }
    interruption.interrupt()
  }

  private func session() -> DatabaseSession {
    DatabaseSession(configuration, interruption: interruption, logger: logger) { [storage] in
      storage.withLock { $0.statistics.connections += 1 }
    }
  }
}
