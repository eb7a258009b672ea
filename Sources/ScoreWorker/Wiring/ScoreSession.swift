import Competition
import Settings
import GameSetup
import Logging
import PriceFeed
import ScoreStore
import Scoring
import ServiceRuntime
import Storage

/// What the worker's thread holds from run to run: the price source and the scorer. Each run has a
/// database session of its own.
final class ScoreSession {
  private let settings: GameConfiguration
  private let rules: ScoreRules
  private let metrics: ScoreMetrics
  private let logger: Logger
  private let isStopped: @Sendable () -> Bool
  private let source: any PriceSource
  private let scorer: any RoundScorer
  private var hasRun = false
  private var lastSweep: UTCTime?

  /// How often all of `updraft_failures` is looked through.
  private static let sweepEvery = Duration.seconds(86_400)
  /// What a dry run counts of each table.
  private static let forecastRowsMax = 100_000

  init(
    _ settings: GameConfiguration, _ metrics: ScoreMetrics, _ logger: Logger,
    isStopped: @escaping @Sendable () -> Bool
  ) throws(StartFailure) {
    self.settings = settings
    self.metrics = metrics
    self.logger = logger
    self.isStopped = isStopped
    rules = ScoreRules(settings)
    do throws(PriceError) {
      source = try settings.prices.makeSource()
    } catch {
      throw StartFailure("prices: \(error)", exitCode: .wrongConfiguration)
    }
    scorer =
      rules.command.isEmpty
      ? BuiltinScorer(rules)
      : ProgramScorer(
        rules.command, timeout: rules.commandTimeout, metrics: metrics, logger: logger,
        isStopped: isStopped)
  }

  /// Gives back what the scorer holds.
  func close() { scorer.close() }

  /// One run, from opening a session to pruning.
  ///
  /// - Throws: `StorageError`, `ProgramFault`, or `StartFailure` for what can't be scored.
  func run(_ task: ScoreTask) throws -> RunReport {
    let started = MonotonicInstant.now()
    return try withConnection { connection in
      let own = try own(of: connection, isDry: task.isDry)
      let schema = try SchemaInspection(connection)
      // An asset that is added later must not end the scoring of all others: it is warned of.
      if !hasRun { try check(connection) }
      hasRun = true
      let run = ScoreRun(
        connection: connection, rules: rules, scorer: scorer, prices: truth,
        timeType: schema.timeColumnType, keeping: own.hasPrices ? .writing : .nothing,
        selection: task.selection(at: .now()), isDry: task.isDry, metrics: metrics,
        logger: logger, isStopped: isStopped, now: { .now() })
      let report = try run.run()
      RunLog(logger).write(report, took: MonotonicInstant.now().since(started), isDry: task.isDry)
      if !report.wasStopped { try prune(connection, isDry: task.isDry) }
      metrics.ended(report, took: MonotonicInstant.now().since(started))
      return report
    }
  }

  /// The lines that explain a prediction; nil when there is none of that id.
  func explain(_ id: String) throws -> [String]? {
    try withConnection { connection in
      let schema = try SchemaInspection(connection)
      let batch = ScoreBatch(connection, timeType: schema.timeColumnType)
      var round: ReadyRound?
      _ = try batch.read(id: id) {
        round = ReadyRound($0)
      }
      guard let round else { return nil }
      let own = try own(of: connection, isDry: true)
      let now = UTCTime.now()
      let prices = try truth.load(
        for: [round], on: connection, keeping: own.hasPrices ? .reading : .nothing, at: now)
      let stored = try StoredScore.load(id, on: connection, hasFailures: own.hasFailures)
      var lines: [String] = []
      _ = try batch.read(id: id) {
        lines = try ScoreExplanation(rules, scorer, at: now).lines(
          $0, stored, prices[round.params.asset] ?? AssetPrices([]))
      }
      return lines
    }
  }

  private func check(_ connection: PostgresConnection) throws {
    let assets = try PredictionConfigTable(connection).loadActive().map(\.params.asset)
    try rules.check(assets: Set(assets).sorted())
  }

  private var truth: TruthPrices {
    TruthPrices(
      source: source, rules: rules, timeout: settings.prices.timeout, logger: logger,
      isStopped: isStopped)
  }

  private func withConnection<Result>(
    _ body: (PostgresConnection) throws -> Result
  ) throws -> Result {
    var configuration = try DatabaseConfiguration(settings.database)
    configuration.applicationName = "score-worker"
    let connection = try PostgresConnection(configuration, logger: logger)
    defer { connection.close() }
    return try body(connection)
  }

  private func own(
    of connection: PostgresConnection, isDry: Bool
  ) throws(StorageError) -> OwnTables {
    let initializer = SchemaInitializer(connection)
    return isDry ? try initializer.ownTables() : try initializer.ensureOwnTables()
  }

  private func prune(_ connection: PostgresConnection, isDry: Bool) throws(StorageError) {
    let now = UTCTime.now()
    let retention = Retention(connection, limits: rules.retention)
    if isDry {
      for entry in try retention.forecast(at: now, rowsMax: Self.forecastRowsMax)
      where entry.rows > 0 {
        logger.info(
          "would be pruned", metadata: ["table": "\(entry.subject)", "rows": "\(entry.rows)"])
      }
      return
    }
    let sweeps = lastSweep.map { now.since($0) >= Self.sweepEvery } ?? true
    let report = try retention.prune(at: now, sweepsReasons: sweeps, isStopped: isStopped)
    if sweeps, !report.wasStopped { lastSweep = now }
    RunLog(logger).write(report)
  }
}
