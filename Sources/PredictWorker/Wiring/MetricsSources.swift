import Competition
import ModelRunner
import PriceFeed
import Telemetry

/// What the running parts of the worker say of themselves, as metric families.
enum MetricsSources {
  /// The orchestrator's link and the models.
  static func families(of cluster: ClusterStatistics) -> [MetricFamily] {
    var breakers = MetricFamily(
      .gauge, "updraft_models_by_breaker",
      "Models that rounds ask, by what their breaker does with the next call.")
    for state in BreakerState.allCases {
      breakers.add(Double(cluster.breakerCounts[state] ?? 0), ["state": state.rawValue])
    }
    var reports = MetricFamily(
      .counter, "updraft_reports_total", "Models reported to the orchestrator.")
    for (code, count) in cluster.reportCounts.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      reports.add(Double(count), ["code": code.rawValue])
    }
    return [
      breakers, reports,
      MetricFamily(
        .gauge, "updraft_models_known",
        "Models that the orchestrator lists and that are not given up.", value: cluster.knownCount),
      MetricFamily(
        .gauge, "updraft_models_connected", "Models that are connected and set up.",
        value: cluster.connectedCount),
      MetricFamily(
        .counter, "updraft_model_losses_total", "Connections to models that worked and broke.",
        value: cluster.modelLossCount),
      MetricFamily(
        .counter, "updraft_reports_withheld_total", "Reports that were not made: they are off.",
        value: cluster.withheldReportCount),
      MetricFamily(
        .gauge, "updraft_orchestrator_connected", "1 while the orchestrator is followed.",
        value: cluster.isOrchestratorConnected ? 1 : 0),
      MetricFamily(
        .counter, "updraft_orchestrator_reconnects_total",
        "Connections to the orchestrator after the first.",
        value: cluster.orchestratorReconnectCount),
      MetricFamily(
        .counter, "updraft_orchestrator_skipped_total",
        "Messages, entries and reports that were skipped.", value: cluster.skippedCount),
    ]
  }

  /// The prices of each asset.
  static func families(of assets: [AssetStatistics]) -> [MetricFamily] {
    var age = MetricFamily(
      .gauge, "updraft_prices_age_seconds", "Time from the newest price to now.")
    var stale = MetricFamily(
      .gauge, "updraft_prices_stale", "1 when the newest price is older than it should be.")
    var points = MetricFamily(.gauge, "updraft_prices_points", "Prices held.")
    var requests = MetricFamily(
      .counter, "updraft_price_requests_total", "Requests to the price source.")
    var failures = MetricFamily(
      .counter, "updraft_price_request_failures_total", "Those of them that failed.")
    for asset in assets {
      let labels: KeyValuePairs = ["asset": asset.asset]
      if let seconds = asset.ageSeconds { age.add(Double(seconds), labels) }
      stale.add(asset.isStale ? 1 : 0, labels)
      points.add(Double(asset.pointCount), labels)
      requests.add(Double(asset.requestCount), labels)
      failures.add(Double(asset.failureCount), labels)
    }
    return [age, stale, points, requests, failures]
  }
}
