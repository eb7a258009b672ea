import Competition
import Synchronization
import Telemetry

/// Counts what the runs do, for the worker's metrics file; never waits.
final class ScoreMetrics: Sendable {
  /// How a run ended.
  enum RunEnd: String, CaseIterable {
    /// With a leaderboard.
    case published
    /// Before that, because it was asked to.
    case stopped
    /// With an error.
    case failed
  }

  private struct State {
    var waitingSince: UTCTime?
    var publishedAt: UTCTime?
    var failedAt: UTCTime?
  }

  private static let prefix = "updraft_score_"

  private let registry: MetricsRegistry
  private let runTimes: HistogramMeasure
  private let ready: Gauge
  private let waiting: Gauge
  private let models: Gauge
  private let programStarts: Counter
  private let programFaults: Counter
  private let startedAt = UTCTime.now()
  private let state = Mutex(State())

  /// Measures of which every sample says whose game it is.
  init(crunchID: String) {
    let all = MetricsRegistry(labels: ["crunch": crunchID])
    registry = all
    runTimes = all.histogram(
      Self.prefix + "run_duration_seconds", "Runs that ended with a leaderboard, pruning included.")
    ready = all.gauge(
      Self.prefix + "ready_predictions",
      "Predictions that the current or last run still has to score.")
    waiting = all.gauge(
      Self.prefix + "waiting_predictions", "Predictions that the last run left for want of prices.")
    models = all.gauge(Self.prefix + "models", "Models on the last leaderboard.")
    programStarts = all.counter(
      Self.prefix + "program_starts_total", "Starts of score.command's program.")
    programFaults = all.counter(
      Self.prefix + "program_faults_total", "Predictions over which that program failed, each try.")
    for end in RunEnd.allCases { runs(end).add(0) }
    predictions(scored: 0, failed: 0)
  }

  /// A run has found so many predictions to score.
  func began(readyCount: Int) { ready.set(Int64(readyCount)) }

  /// A batch is committed.
  func committed(scored: Int, failed: Int) {
    predictions(scored: scored, failed: failed)
    ready.add(Int64(-scored - failed))
  }

  /// A run ended, with a leaderboard or because it was asked to stop.
  func ended(_ report: RunReport, took: Duration) {
    if report.wasStopped { return runs(.stopped).add() }
    runs(.published).add()
    runTimes.record(took)
    ready.set(0)
    waiting.set(Int64(report.waitingCount))
    models.set(Int64(report.ranking.count))
    state.withLock { state in
      state.waitingSince = report.waiting?.resolvableAt
      state.publishedAt = report.publishedAt
    }
  }

  /// A run ended with an error.
  func failed() {
    runs(.failed).add()
    state.withLock { $0.failedAt = .now() }
  }

  /// `score.command`'s program was started.
  func programStarted() { programStarts.add() }

  /// It failed over a prediction.
  func programFailed() { programFaults.add() }

  /// The text of the metrics file.
  func text(at now: UTCTime, isRunning: Bool) -> String {
    var families = ProgramMetrics.families(
      of: "score-worker", prefix: Self.prefix, startedAt: startedAt, at: now,
      isRunning: isRunning)
    let state = state.withLock { $0 }
    let ages: [(name: String, help: String, since: UTCTime?)] = [
      (
        "waiting_seconds", "Time since the first of the waiting predictions could be scored.",
        state.waitingSince
      ),
      ("leaderboard_age_seconds", "Time since this worker's last leaderboard.", state.publishedAt),
      ("last_error_age_seconds", "Time since a run failed.", state.failedAt),
    ]
    for age in ages {
      guard let since = age.since else { continue }
      families.append(
        MetricFamily(
          .gauge, Self.prefix + age.name, age.help, value: max(0, now.since(since).inSeconds)))
    }
    return registry.text(adding: families)
  }

  private func runs(_ end: RunEnd) -> Counter {
    registry.counter(
      Self.prefix + "runs_total", "Runs that are over, by how they ended.", ["end": end.rawValue])
  }

  private func predictions(scored: Int, failed: Int) {
    for (result, count) in [("scored", scored), ("failed", failed)] {
      registry.counter(
        Self.prefix + "predictions_total", "Predictions whose score is committed.",
        ["result": result]
      ).add(UInt64(count))
    }
  }
}
