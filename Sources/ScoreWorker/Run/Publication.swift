import Competition
import ScoreStore
import Scoring
import Storage

/// The end of a run: failures get their score, the windows are summed up, the leaderboard is made.
struct Publication {
  let connection: PostgresConnection
  let rules: ScoreRules
  let now: () -> UTCTime

  /// Does all of it; in one transaction of the caller's, which holds `ScoreLock` alone.
  ///
  /// - Parameters:
  ///   - report: of the run; gets the ranking and the score of failures.
  ///   - started: when the run began.
  /// - Throws: `StorageError`.
  func publish(_ report: inout RunReport, since started: MonotonicInstant) throws(StorageError) {
    let pending = PendingFailures(connection)
    let last = try pending.lastPublished()
    // Later than the last one even if the clock was set back: the times tell the runs apart.
    let time = max(now(), last?.advanced(by: .milliseconds(1)) ?? .init(secondsSinceEpoch: 0))
    if rules.decidesFailuresLater {
      report.failedScore = try decideFailures(pending, since: last)
    }
    let standings = Standings(rules.windows, at: time)
    let rows = try WindowTable(connection).load(
      recent: standings.start(rules.windows.recent), steady: standings.start(rules.windows.steady),
      anchor: standings.start(rules.windows.anchor), looksFurther: !rules.compat)
    let table = StandingsTable(connection)
    let models = try table.lockModels()
    let made = standings.make(models, rows)
    let ranking = Ranking(order: rules.order, compat: rules.compat).ranked(
      made.map { (modelID: $0.modelID, score: $0.overall) })
    try table.store(made, at: time)
    try table.storeLeaderboard(ranking, models, at: time)
    try ScoreRunTable(connection).record(
      ScoreRunRow(
        runAt: time, method: rules.methodName, scoredCount: report.scoredCount,
        failedCount: report.failedCount, waitingCount: report.waitingCount,
        failedScore: report.failedScore, wallTime: MonotonicInstant.now().since(started)),
      keptSince: time.advanced(by: .zero - rules.retention.rounds))
    report.ranking = ranking
    report.publishedAt = time
  }

  private func decideFailures(
    _ pending: PendingFailures, since last: UTCTime?
  ) throws(StorageError) -> Double? {
    let basis = try pending.basis(since: last)
    guard basis.pendingCount > 0 else { return nil }
    let earlier = basis.scores == nil ? try pending.earlierValue() : nil
    let value = rules.failedScore(among: basis.scores, params: basis.params, earlier: earlier)
    try pending.decide(value, since: last)
    return value
  }
}
