import Competition
import ModelRunner
import PredictSetup
import Telemetry

/// Who has proved what to whom, as metric families; none with plain connections.
enum SecurityMetrics {
  static func families(
    of access: ModelAccess, _ cluster: ClusterStatistics, at now: UTCTime
  ) -> [MetricFamily] {
    guard access.security.isSecure else { return [] }
    var refusals = MetricFamily(
      .counter, "updraft_identity_refusals_total",
      "Connections to models that TLS or a delegation's check refused, by what failed.")
    for (code, count) in cluster.tlsFailureCounts.sorted(by: { $0.key.rawValue < $1.key.rawValue })
    {
      refusals.add(Double(count), ["by": "tls", "kind": code.rawValue])
    }
    for (code, count) in access.refusalCounts.sorted(by: { $0.key < $1.key }) {
      refusals.add(Double(count), ["by": "delegation", "kind": code])
    }
    var ends = MetricFamily(
      .gauge, "updraft_identity_expiry_seconds",
      "Time to the end of the own certificate, and to the nearest end of a connected model's "
        + "certificate or delegation.")
    for (whose, end) in [("own", access.security.certificateEnd), ("model", cluster.nearestEnd)] {
      if let end { ends.add(Double(end.since(now).components.seconds), ["of": whose]) }
    }
    return [
      refusals, ends,
      MetricFamily(
        .gauge, "updraft_secure_models_connected", "Connected models whose connection is TLS.",
        value: cluster.secureCount),
      MetricFamily(
        .counter, "updraft_delegation_checks_total",
        "Delegations whose signature was checked; a steady round adds none.",
        value: access.delegationCheckCount),
    ]
  }
}
