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
  /// What is done with `updraft_prices`.
  let keeping: TruthPrices.Keeping
  let selection: RoundSelection
  let isDry: Bool
  let metrics: ScoreMetrics
  let logger: Logger
  let isStopped: () -> Bool
  let now: () -> UTCTime

  /// Predictions of one transaction: 1,000 of 55 KB are scored in half a second.
  static let batchRowsMax = 1_000
  /// The same for a scoring program, which may take its time.
  static let commandBatchRowsMax = 100
  /// How often a run begins anew with what others held meanwhile.
  static let passesMax = 3
  private static let progressEvery = Duration.seconds(10)

  /// Scores and publishes.
  ///
  /// - Returns: what was done; `wasStopped` when it was asked to stop before the end.
  /// - Throws: `StorageError`, or what a scoring program's failure is; what was committed stays.
  func run() throws -> RunReport {
    let transactions = Transactions(connection: connection, isDry: isDry, isStopped: isStopped)
    return try transactions.run {
      let started = MonotonicInstant.now()
      let time = now()
      var report = RunReport()
      for pass in 1...Self.passesMax {
        try scoreAll(transactions, at: time, &report)
        guard !isStopped() else {
          report.wasStopped = true
          return report
        }
        let isLast = pass == Self.passesMax
        if try publish(transactions, at: time, isLast: isLast, since: started, &report) { break }
      }
      return report
    }
  }

  /// Publishes, unless something is left to score: rows that a worker held that was killed, or that
  /// gave them back. While the lock is held no other worker is at a batch.
  ///
  /// - Returns: whether it did.
  private func publish(
    _ transactions: Transactions, at time: UTCTime, isLast: Bool, since started: MonotonicInstant,
    _ report: inout RunReport
  ) throws -> Bool {
    try transactions.step(doing: "publish the standings") {
      try ScoreLock.take(connection)
      let left = try ReadyRound.load(selection, at: time, on: connection)
        .reduce(0) { $0 + $1.predictionCount }
      guard isLast || left <= report.waitingCount else { return false }
      try Publication(connection: connection, rules: rules, now: now)
        .publish(&report, since: started)
      return true
    }
  }

  private func scoreAll(
    _ transactions: Transactions, at time: UTCTime, _ report: inout RunReport
  ) throws {
    (report.waitingCount, report.waiting) = (0, nil)
    let rounds = try ReadyRound.load(selection, at: time, on: connection)
    let readyCount = rounds.reduce(0) { $0 + $1.predictionCount }
    report.readyCount = report.doneCount + readyCount
    metrics.began(readyCount: readyCount)
    var progress = MonotonicInstant.now()
    let rowsMax = rules.command.isEmpty ? Self.batchRowsMax : Self.commandBatchRowsMax
    for slice in RoundBatches.slices(rounds) {
      let prices = try prices.load(for: slice, on: connection, keeping: keeping, at: time)
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
        states[RoundKey(round)] = .resolved(own.truth(of: round, moves))
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
      updates = []
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
    metrics.committed(scored: updates.count - failed, failed: failed)
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
