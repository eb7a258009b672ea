import Competition
import JSON
import Storage
import Telemetry

/// The text of `/metrics`: this program's measures, the database's figures, and the predict
/// worker's own text. Without the database the rest is still told.
struct ReportMetrics: Sendable {
  private static let prefix = "updraft_report_"

  private let registry: MetricsRegistry
  private let pool: SessionPool
  private let rounds = RoundCounts()
  private let memory = VariantMemory()
  private let startedAt = UTCTime.now()
  private let version: String

  init(_ registry: MetricsRegistry, version: String, pool: SessionPool) {
    self.registry = registry
    self.version = version
    self.pool = pool
  }

  /// The whole text. `status` is nil when the database gave none.
  func text(status: JSONValue?, appending predict: String) async -> String {
    var families = [
      MetricFamily(
        .gauge, Self.prefix + "database_up", "1 when the database answered just now.",
        value: status == nil ? 0 : 1)
    ]
    var build = MetricFamily(.gauge, Self.prefix + "build_info", "Always 1.")
    build.add(1, ["version": version])
    families.append(build)
    families += ProcessMetrics.families(startedAt: startedAt, prefix: Self.prefix + "process_")
    if let status { families += Self.families(of: status) }
    if let sums = await sums() { families += Self.families(of: sums) }
    return registry.text(adding: families) + predict
  }

  private func sums() async -> RoundCounts.Sums? {
    let memory = memory
    guard
      let rows = try? await pool.run({ connection throws(StorageError) in
        try RoundCounts.question.ask(connection, knowing: memory)
      }), let value = try? JSONValue.parse(bytes: rows.json)
    else { return nil }
    return rounds.take(value)
  }

  private static func families(of status: JSONValue) -> [MetricFamily] {
    let gauges: [(field: String, name: String, help: String)] = [
      ("newest_round_age_s", "newest_round_age_seconds", "Time since the newest round."),
      ("leaderboard_age_s", "leaderboard_age_seconds", "Time since the newest leaderboard."),
      ("unscored_ready", "unscored_predictions", "Predictions that could be scored and are not."),
      (
        "oldest_unscored_age_s", "scoring_lag_seconds",
        "Time since the oldest of the unscored predictions could be scored."
      ),
      ("models", "models", "Models that the database knows."),
      ("feed_age_s", "feed_age_seconds", "Age of the newest price of the asset that lacks most."),
    ]
    return gauges.compactMap { gauge in
      status[gauge.field]?.doubleValue.map {
        MetricFamily(.gauge, prefix + gauge.name, gauge.help, value: $0)
      }
    }
  }

  private static func families(of sums: RoundCounts.Sums) -> [MetricFamily] {
    var outcomes = MetricFamily(
      .counter, prefix + "outcomes_total", "Outcomes of the rounds seen since the start.")
    for (status, count) in sums.outcomes.sorted(by: { $0.key < $1.key }) {
      outcomes.add(Double(count), ["status": status])
    }
    var breakers = MetricFamily(
      .gauge, prefix + "models_by_breaker", "Models of the newest round by their breaker's state.")
    for (state, count) in sums.breakers.sorted(by: { $0.key < $1.key }) {
      breakers.add(Double(count), ["state": state])
    }
    var latencies = MetricFamily(
      .histogram, prefix + "call_duration_seconds",
      "Time to answer in the rounds seen; the sum takes each for its bucket's upper bound.")
    latencies.add(LatencyBuckets(counts: sums.latencyCounts))
    return [
      MetricFamily(
        .counter, prefix + "rounds_total", "Rounds stored since the first look.",
        value: sums.rounds),
      outcomes, breakers, latencies,
    ]
  }
}
