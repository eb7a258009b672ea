import Competition
import Settings
import Foundation
import GameSetup
import Logging
import ModelRunner
import PredictSetup
import PriceFeed
import Rounds
import ServiceRuntime
import Storage
import Synchronization
import Telemetry

/// One life of the worker: everything is started, the game is played, everything is stopped.
struct PredictWorkerRun {
  private let settings: GameConfiguration
  private let environment: [String: String]
  private let logger: Logger
  private let once: Bool
  private let stop = StopRequest()
  private let metrics: GameMetrics

  /// Until the first tick the models get as long to connect; later ones join at the next tick.
  private static let connectGrace = Duration.milliseconds(1_500)
  private static let onceConnectGrace = Duration.seconds(15)
  private static let drainTime = Duration.seconds(60)
  /// After a signal: 10 s in all, 8 of which an open round may take.
  private static let stopDrainTime = Duration.milliseconds(1_500)

  init(
    _ settings: GameConfiguration, _ environment: [String: String], _ logger: Logger, once: Bool
  ) {
    self.settings = settings
    self.environment = environment
    self.logger = logger
    self.once = once
    metrics = GameMetrics(crunchID: settings.crunchID, shard: settings.predict.shard)
  }

  /// Runs until a signal, or in `once` mode to the end of its rounds.
  ///
  /// - Throws: `StartFailure` when something that the game needs isn't there, when rounds could not
  ///   be stored before the end, or when another worker has taken this one's place.
  func run() async throws {
    let signals = StopSignals()
    let watch = Task { [stop] in
      await signals.wait()
      if signals.haveArrived { stop.request() }
    }
    defer { watch.cancel() }
    let notifier = try ServiceNotifier(environment: environment)
    let heartbeat = Task { await beat(notifier) }
    defer { heartbeat.cancel() }
    checkDescriptors()
    let place = try WorkerPlace(settings, notifier, stop, logger)
    try await place.whileHeld { try await playGame(notifier) }
  }

  private func playGame(_ notifier: ServiceNotifier) async throws {
    let access = try await ModelAccess.open(settings.security, logger: logger)
    let watch = Task { await access.watch(logger) }
    let outcome: Result<Void, any Error>
    do {
      outcome = .success(try await play(through: access, notifier))
    } catch {
      outcome = .failure(error)
    }
    watch.cancel()
    await access.close()
    try outcome.get()
  }

  private func play(through access: ModelAccess, _ notifier: ServiceNotifier) async throws {
    let verdicts = AnswerVerdicts()
    let (writer, newest) = try await openStorage(verdicts)
    do {
      let book = try openPrices()
      do {
        let cluster = try await openCluster(access)
        let reporter = settings.metricsFile.map {
          MetricsReporter(path: $0, metrics, writer, book, cluster, access, logger: logger)
        }
        reporter?.start()
        verdicts.set(cluster)
        let outcome = await play(writer, book, cluster, newest, notifier)
        notifier.stopping()
        await reporter?.stopAsking()
        await cluster.stop()
        await book.stop()
        let left = await closeStorage(writer)
        await reporter?.finish()
        if let left { throw left }
        try outcome.get()
      } catch {
        await book.stop()
        throw error
      }
    } catch {
      await writer.stop()
      throw error
    }
  }

  private func openStorage(
    _ verdicts: AnswerVerdicts
  ) async throws -> (RoundWriter, UTCTime?) {
    let log = GameLog(logger: logger)
    let statistics = WriterReference()
    var options = RoundWriterOptions()
    options.limits = settings.limits
    options.checksShape = settings.predict.shape == .densities
    options.crunchID = settings.crunchID
    options.shard = settings.predict.shard
    options.spool = SpoolOptions(settings.spool)
    options.roundsKeptFor = settings.retention.rounds
    let writer: RoundWriter
    do {
      writer = try RoundWriter(
        try DatabaseConfiguration(settings.database), options: options, logger: logger
      ) { [metrics] stored in
        metrics.take(stored)
        if let now = statistics.statistics { log.write(stored, now) }
        verdicts.pass(stored)
      }
    } catch {
      guard error.code == .spool else { throw error }
      throw StartFailure("\(error)", exitCode: .systemRefused)
    }
    statistics.set(writer)
    do {
      let preparation = try await writer.prepareDatabase()
      if let reason = preparation.ownTables.reason {
        logger.warning(
          "some of Updraft's own tables or columns are missing and can't be made; working without",
          metadata: ["reason": "\(reason)"])
      }
      let newest = try await writer.lastPerformedAt()
      return (writer, newest)
    } catch {
      await writer.stop()
      throw StartFailure("\(error)", exitCode: .unavailable)
    }
  }

  private func openPrices() throws -> PriceBook {
    do {
      return try PriceBook(
        source: try settings.prices.makeSource(), options: settings.prices.feedOptions,
        logger: logger)
    } catch {
      throw StartFailure("prices: \(error)", exitCode: .wrongConfiguration)
    }
  }

  private func openCluster(_ access: ModelAccess) async throws -> ModelCluster {
    var options = ClusterOptions(settings, security: access.security, logger: logger)
    options.orchestratorAuthorization = try settings.orchestrator.readAuthorization()
    do {
      return try await ModelCluster.start(options)
    } catch {
      throw StartFailure("\(error)", exitCode: .systemRefused)
    }
  }

  private func play(
    _ writer: RoundWriter, _ book: PriceBook, _ cluster: ModelCluster, _ newest: UTCTime?,
    _ notifier: ServiceNotifier
  ) async -> Result<Void, any Error> {
    var game = GameSettings()
    game.tick = settings.predict.tick
    game.timeout = settings.predict.timeout
    game.absentAfter = settings.predict.absentAfter
    game.closedAfter = settings.prices.closedAfter
    game.closedMarkets = settings.prices.closed == .skip ? .skip : .flag
    game.shard = settings.predict.shard
    game.once = once
    let log = GameLog(logger: logger)
    let loop = GameLoop(
      settings: game, models: ClusterModels(cluster, logger: logger),
      prices: BookPrices(book, stop: stop), store: WriterStore(writer), clock: SystemClock(),
      stop: stop, newestPerformedAt: newest
    ) { [metrics] event in
      metrics.take(event)
      log.write(event)
      if case .started = event { notifier.ready(status: "playing") }
    }
    let watch = Task { await StorageWatch(writer: writer, notifier: notifier).run() }
    defer { watch.cancel() }
    await waitForModels(cluster)
    do {
      try await loop.run()
      return .success(())
    } catch {
      return .failure(StartFailure(error.description, exitCode: .unavailable))
    }
  }

  /// Gives the models a moment before the first tick; an orchestrator that is away is waited for.
  private func waitForModels(_ cluster: ModelCluster) async {
    let grace = once ? Self.onceConnectGrace : Self.connectGrace
    let waiting = Task { await cluster.waitForModels(atMost: grace) }
    let action = stop.whenRequested { waiting.cancel() }
    defer { stop.forget(action) }
    if await !waiting.value, !stop.isRequested {
      logger.warning(
        "no model list yet: the game starts without models and takes them in as they come",
        metadata: [
          "orchestrator": "\(settings.orchestrator.host):\(settings.orchestrator.port)",
          "crunch": "\(settings.crunchID)",
        ])
    }
  }

  /// Tells systemd's watchdog twice an interval that the program's tasks still run.
  private func beat(_ notifier: ServiceNotifier) async {
    guard let interval = notifier.watchdogInterval else { return }
    while !Task.isCancelled {
      notifier.watchdog()
      try? await Task.sleep(for: .nanoseconds(interval.nanoseconds / 2))
    }
  }

  /// Stores what waits and ends the storage; what can't be stored in time stays in the spool.
  ///
  /// - Returns: the failure when something is neither in the database nor in the spool, or when it
  ///   is only in the spool although there was all the time to store it (`once`).
  private func closeStorage(_ writer: RoundWriter) async -> StartFailure? {
    let time = stop.isRequested ? Self.stopDrainTime : Self.drainTime
    _ = await writer.drain(deadline: MonotonicInstant.now().advanced(by: time))
    let left = await writer.stop()
    if left.spooled > 0 {
      logger.notice(
        "rounds stay in the spool; the next start stores them",
        metadata: ["rounds": "\(left.spooled)", LogKey.path: "\(settings.spool.directory)"])
    }
    if left.lost == 0, left.spooled > 0, once, !stop.isRequested {
      return StartFailure(
        "\(left.spooled) rounds are in the spool and not in the database",
        remedy: "bring the database back, then `updraft spool replay`", exitCode: .incomplete)
    }
    guard left.lost > 0 else { return nil }
    return StartFailure(
      "\(left.lost) rounds could be stored neither in the database nor in the spool",
      remedy: "see the log for what the database and the spool said", exitCode: .incomplete)
  }

  private func checkDescriptors() {
    let limit = DescriptorLimit.raise()
    let needed =
      settings.limits.modelsMax + Limits.descriptorsReserved
      + settings.predict.loops * Limits.loopDescriptorCount
    if limit < needed {
      logger.warning(
        "too few file descriptors for limits.models_max",
        metadata: [
          "limit": "\(limit)", "needed": "\(needed)",
          "remedy": "raise LimitNOFILE= or ulimit -n, or lower limits.models_max",
        ])
    }
  }
}

/// Lets the writer's callback look at the writer that doesn't exist yet when it is made.
private final class WriterReference: Sendable {
  private let writer = Mutex<RoundWriter?>(nil)

  func set(_ new: RoundWriter) { writer.withLock { $0 = new } }

  var statistics: RoundWriterStatistics? { writer.withLock { $0?.statistics } }
}
