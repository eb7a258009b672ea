import Competition
import Synchronization
import Telemetry

/// Requests by route and status, and how long they took.
final class TrafficMeasures: Sendable {
  private struct Key: Hashable {
    let route: String
    let status: Int
  }

  private let registry: MetricsRegistry
  private let counters = Mutex<[Key: Counter]>([:])
  private let durations = Mutex<[String: HistogramMeasure]>([:])

  init(_ registry: MetricsRegistry) { self.registry = registry }

  /// Counts an answer. Routes and statuses are of bounded sets.
  func count(_ route: String, status: Int, took duration: Duration) {
    let counter = counters.withLock { known in
      let key = Key(route: route, status: status)
      if let counter = known[key] { return counter }
      let counter = registry.counter(
        "updraft_report_requests_total", "HTTP requests that were answered.",
        ["route": route, "status": "\(status)"])
      known[key] = counter
      return counter
    }
    counter.add()
    let histogram = durations.withLock { known in
      if let histogram = known[route] { return histogram }
      let histogram = registry.histogram(
        "updraft_report_request_duration_seconds", "Time to make an answer.", ["route": route])
      known[route] = histogram
      return histogram
    }
    histogram.record(duration)
  }
}
