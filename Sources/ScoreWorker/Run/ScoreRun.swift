import Competition
import Logging
import ScoreStore
import Scoring
import Storage

/// One run: scores what is ready, publishes the standings.
///
/// It may be killed at any moment and run again: each batch of scores is one transaction, the
/// standings are another one, and what they are made from is in the database alone.
struct ScoreRun {
  let connection: PostgresConnection
  let rules: ScoreRules
  let scorer: any RoundScorer
  let prices: TruthPrices
  let timeType: TimeColumnType
  /// Whether `updraft_prices` can be used.
  let keepsPrices: Bool
  let selection: RoundSelection
  let isDry: Bool
  let logger: Logger
  let isStopped: () -> Bool
  let now: () -> UTCTime

  /// Predictions of one transaction: 1,000 of 55 KB are scored in half a second.
  static let batchRowsMax = 1_000
  /// The same for a scoring program, which may take its time.
  static let commandBatchRowsMax = 100
  private static let progressEvery = Duration.seconds(10)

  /// Scores and publishes.
  ///
  /// - Returns: what was done; `wasStopped` when it was asked to stop before the end.
  /// - Throws: `StorageError`, or what a scoring program's failure is; what was committed stays.
  func run() throws -> RunReport {
    let transactions = Transactions(connection: connection, isDry: isDry)
    return try transactions.run {
      let started = MonotonicInstant.now()
      var report = RunReport()
      try scoreAll(transactions, &report)
      guard !isStopped() else {
        report.wasStopped = true
        return report
      }
      let publication = Publication(connection: connection, rules: rules, now: now)
      try transactions.step(doing: "publish the standings") {
        try publication.publish(&report, since: started)
      }
      return report
    }
  }

  private func scoreAll(_ transactions: Transactions, _ report: inout RunReport) throws {
    let time = now()
    let rounds = try ReadyRound.load(selection, at: time, on: connection)
    report.readyCount = rounds.reduce(0) { $0 + $1.predictionCount }
    var progress = MonotonicInstant.now()
    let rowsMax = rules.command.isEmpty ? Self.batchRowsMax : Self.commandBatchRowsMax
    for slice in RoundBatches.slices(rounds) {
      let prices = try prices.load(for: slice, on: connection, keeps: keepsPrices, at: time)
      let states = resolve(slice, prices, at: time, &report)
      let ready = slice.filter { states[RoundKey($0)] != nil }
      for batch in RoundBatches.batches(ready[...], rowsMax: rowsMax) {
        while !isStopped() {
          let count = try score(Array(batch), states, transactions, rowsMax: rowsMax, &report)
          if MonotonicInstant.now().since(progress) >= Self.progressEvery {
            progress = .now()
            logProgress(report)
          }
          // Fewer than asked for: what is left of it is another worker's.
          if count < rowsMax { break }
        }
      }
    }
  }

  /// Looks up the prices of each round; those that wait for some get no state.
  private func resolve(
    _ rounds: ArraySlice<ReadyRound>, _ prices: [String: AssetPrices], at time: UTCTime,
    _ report: inout RunReport
  ) -> [RoundKey: RoundState] {
    var states: [RoundKey: RoundState] = [:]
    var unknown: Set<String> = []
    for round in rounds {
      guard let measure = scorer.measure(for: round.params.asset) else {
        report.waitingCount += round.predictionCount
        unknown.insert(round.params.asset)
        continue
      }
      let own = prices[round.params.asset] ?? AssetPrices([])
      switch RealizedMoves.look(
        in: own.track, params: round.params, resolvableAt: round.resolvableAt, measure: measure,
        options: rules.truth)
      {
      case .moves(let moves):
        let first = round.resolvableAt.advanced(
          by: .seconds(-round.params.horizonSeconds - max(0, round.params.stepSeconds)))
        states[RoundKey(round)] = .resolved(
          RoundTruth(
            moves: moves,
            prices: own.points(
              from: first.secondsSinceEpoch, until: round.resolvableAt.secondsSinceEpoch)))
      case .missing(let truth) where truth.isOverdue(at: time, ageMax: rules.truthMaxAge):
        states[RoundKey(round)] = .overdue(
          reason: "\(truth), waited for \(rules.truthMaxAge.text)")
      case .missing(let truth):
        report.waitingCount += round.predictionCount
        if report.waiting.map({ truth.resolvableAt < $0.resolvableAt }) ?? true {
          report.waiting = truth
        }
      }
    }
    for asset in unknown.sorted() {
      logger.warning(
        "predictions of an asset without a scale wait: add it to score.crps.t",
        metadata: ["asset": "\(asset)"])
    }
    return states
  }

  /// Scores one batch in one transaction; returns how many predictions it met.
  private func score(
    _ batch: [ReadyRound], _ states: [RoundKey: RoundState], _ transactions: Transactions,
    rowsMax: Int, _ report: inout RunReport
  ) throws -> Int {
    var updates: [ScoreUpdate] = []
    try transactions.step(doing: "score predictions") {
      try ScoreLock.share(connection)
      let time = now()
      let table = ScoreBatch(connection, timeType: timeType)
      _ = try table.read(batch, selection, rowsMax: rowsMax, isStopped: isStopped) { prediction in
        updates.append(try update(prediction, states[RoundKey(prediction)]))
      }
      try table.store(updates, at: time)
    }
    let failed = updates.count { $0.failedReason != nil }
    report.failedCount += failed
    report.scoredCount += updates.count - failed
    return updates.count
  }

  private func update(
    _ prediction: ScorablePrediction, _ state: RoundState?
  ) throws -> ScoreUpdate {
    let outcome: ScoreOutcome
    switch state {
    case .resolved(let truth): outcome = try scorer.score(prediction, truth)
    case .overdue(let reason): outcome = .failed(reason: reason)
    case nil: outcome = .failed(reason: "its round is not among those that were resolved")
    }
    switch outcome {
    case .scored(let value):
      return ScoreUpdate(
        id: prediction.id, performedAt: prediction.performedAt, value: value, failedReason: nil)
    case .failed(let reason):
      return ScoreUpdate(
        id: prediction.id, performedAt: prediction.performedAt,
        value: rules.decidesFailuresLater ? nil : 0, failedReason: reason)
    }
  }

  private func logProgress(_ report: RunReport) {
    logger.info(
      "scoring",
      metadata: [
        "done": "\(report.doneCount)", "of": "\(report.readyCount)",
        "failed": "\(report.failedCount)", "waiting": "\(report.waitingCount)",
      ])
  }
}
