/// A number that a run gives, by its name in JSON.
public enum Figure: String, Hashable, Sendable, CaseIterable {
  case p50 = "p50_ms"
  case p90 = "p90_ms"
  case p99 = "p99_ms"
  case p999 = "p999_ms"
  case max = "max_ms"
  case overshootP50 = "overshoot_p50_ms"
  case overshootP999 = "overshoot_p999_ms"
  case overshootMax = "overshoot_max_ms"
  case cpu = "cpu_ms_per_round"
  case peakMemory = "rss_peak_mb"
  case answered = "answered_share"
  case connectCPU = "connect_cpu_ms"
  case connected = "connected_models"
  case fleetCPU = "fleet_cpu_ms_per_round"
  case keptP50 = "kept_p50_ms"
  case keptMax = "kept_max_ms"
  case storedP50 = "committed_p50_ms"
  case storedP99 = "committed_p99_ms"
  case rowsPerSecond = "rows_per_second"
  case scoredPerSecond = "scored_per_second"
  case requestsPerSecond = "requests_per_second"
  case errors = "errors"
  case rounds = "rounds"
  case missedRounds = "missed_rounds"
  case memoryGrowth = "rss_growth_mb_per_hour"
  case memoryGrowthError = "rss_growth_error_mb_per_hour"

  /// Which way is good.
  public enum Direction: Hashable, Sendable {
    case less
    case more
    /// It describes the run.
    case neither
  }

  /// What the table's column says.
  public var title: String {
    switch self {
    case .p50: "p50 ms"
    case .p90: "p90 ms"
    case .p99: "p99 ms"
    case .p999: "p99.9 ms"
    case .max: "max ms"
    case .overshootP50: "past deadline p50 ms"
    case .overshootP999: "past deadline p99.9 ms"
    case .overshootMax: "past deadline max ms"
    case .cpu: "CPU ms/round"
    case .peakMemory: "peak MB"
    case .answered: "answered"
    case .connectCPU: "connect CPU ms"
    case .connected: "models"
    case .fleetCPU: "fleet CPU ms/round"
    case .keptP50: "kept p50 ms"
    case .keptMax: "kept max ms"
    case .storedP50: "committed p50 ms"
    case .storedP99: "committed p99 ms"
    case .rowsPerSecond: "rows/s"
    case .scoredPerSecond: "scored/s"
    case .requestsPerSecond: "requests/s"
    case .errors: "errors"
    case .rounds: "rounds"
    case .missedRounds: "missed rounds"
    case .memoryGrowth: "growth MB/h"
    case .memoryGrowthError: "± MB/h"
    }
  }

  /// Which way is good.
  public var better: Direction {
    switch self {
    case .connected, .fleetCPU, .rounds, .memoryGrowthError: .neither
    case .answered, .rowsPerSecond, .scoredPerSecond, .requestsPerSecond: .more
    default: .less
    }
  }

  /// The figures of a latency profile.
  public static func latencies(_ profile: LatencyProfile) -> [Figure: Double] {
    guard profile.count > 0 else { return [:] }
    var figures: [Figure: Double] = [
      .p50: profile.millis(atShare: 0.5), .max: profile.millis(atShare: 1),
    ]
    // A percentile that the count doesn't support would be the maximum under another name.
    for (figure, share, countMin) in [
      (Figure.p90, 0.9, 10), (.p99, 0.99, 100), (.p999, 0.999, 1_000),
    ]
    where profile.count >= countMin { figures[figure] = profile.millis(atShare: share) }
    return figures
  }
}
