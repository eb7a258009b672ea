import Competition
import Settings
import GameSetup
import Logging
import ServiceRuntime
import Storage

/// One life of the worker: a run now and then, on a thread of its own, until a signal.
struct ScoreWorkerRun {
  private let settings: GameConfiguration
  private let logger: Logger
  private let task: ScoreTask
  private let metrics: ScoreMetrics

  /// After a failure the next run comes this soon, or as soon as always if that is sooner.
  private static let retryAfter = Duration.seconds(30)

  init(_ settings: GameConfiguration, _ logger: Logger, _ task: ScoreTask) {
    self.settings = settings
    self.logger = logger
    self.task = task
    metrics = ScoreMetrics(crunchID: settings.crunchID)
  }

  /// Runs until a signal, or once.
  ///
  /// - Returns: the report of the last run that was done; nil when none was.
  /// - Throws: `StartFailure` when something is wrong with the configuration, or a run of `once`
  ///   failed.
  @discardableResult
  func run(_ notifier: ServiceNotifier, _ signals: StopSignals) async throws -> RunReport? {
    let heartbeat = Task { await Self.beat(notifier) }
    defer { heartbeat.cancel() }
    // A dry run changes nothing, no file either.
    let reporter =
      task.isDry
      ? nil
      : settings.scoreMetricsFile.map {
        ScoreMetricsReporter(path: $0, metrics, logger: logger)
      }
    notifier.ready(status: "scoring every \(settings.score.every.text)")
    let result = await runBlocking { Result { try loop(signals) } }
    notifier.stopping()
    await reporter?.finish()
    return try result.get()
  }

  /// The lines that explain a prediction.
  ///
  /// - Throws: `StartFailure`, also when there is no such prediction.
  func explain(_ id: String, _ signals: StopSignals) async throws -> [String] {
    let result = await runBlocking {
      Result {
        let session = try ScoreSession(
          settings, metrics, logger, isStopped: { signals.haveArrived })
        defer { session.close() }
        do {
          return try session.explain(id)
        } catch {
          throw Self.failure(error)
        }
      }
    }
    guard let lines = try result.get() else {
      throw StartFailure(
        "there is no prediction \(id)", remedy: "see the column id of predictions",
        exitCode: .incomplete)
    }
    return lines
  }

  private func loop(_ signals: StopSignals) throws -> RunReport? {
    let isStopped: @Sendable () -> Bool = { signals.haveArrived }
    let session = try ScoreSession(settings, metrics, logger, isStopped: isStopped)
    defer { session.close() }
    var last: RunReport?
    while !isStopped() {
      let due = MonotonicInstant.now().advanced(by: settings.score.every)
      var next = due
      do {
        last = try session.run(task)
        if task.once { return last }
      } catch {
        if isStopped() { return last }
        metrics.failed()
        if error is StartFailure { throw error }
        guard !task.once else { throw Self.failure(error) }
        logger.error("scoring failed; it is tried again", metadata: ["reason": "\(error)"])
        next = min(due, .now().advanced(by: Self.retryAfter))
      }
      Pause.rest(next.since(.now()), isStopped: isStopped)
    }
    return last
  }

  private static func failure(_ error: any Error) -> StartFailure {
    if let failure = error as? StartFailure { return failure }
    if error is ProgramFault {
      return StartFailure(
        "\(error)", remedy: "see score.command and what it wrote to standard error",
        exitCode: .unavailable)
    }
    return StartFailure("\(error)", exitCode: .unavailable)
  }

  /// Tells systemd's watchdog twice an interval that the program's tasks still run.
  private static func beat(_ notifier: ServiceNotifier) async {
    guard let interval = notifier.watchdogInterval else { return }
    while !Task.isCancelled {
      notifier.watchdog()
      try? await Task.sleep(for: .nanoseconds(interval.nanoseconds / 2))
    }
  }
}
