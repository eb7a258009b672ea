import Synchronization

/// The measures of a program by name and labels, and their text for Prometheus.
///
/// Asking for a measure again gives the same one, from any thread. A series lives as long as the
/// registry, so labels take values of a bounded set only: statuses, assets, never ids.
public final class MetricsRegistry: Sendable {
  private enum Measure: Sendable {
    case counter(Counter)
    case gauge(Gauge)
    case histogram(HistogramMeasure)
  }

  private struct Series: Sendable {
    let kind: MetricFamily.Kind
    let name: String
    let help: String
    let labels: KeyValuePairs<String, String>
    let measure: Measure
  }

  private struct Key: Hashable {
    let name: String
    let labels: [[String]]
  }

  private struct State {
    var series: [Series] = []
    var places: [Key: Int] = [:]
  }

  private let labels: [(name: String, value: String)]
  private let state = Mutex(State())

  /// An empty registry; every sample of its text has `labels` in front of its own.
  public init(labels: KeyValuePairs<String, String> = [:]) {
    self.labels = labels.map { ($0.key, $0.value) }
  }

  /// The counter of that name and these labels; it starts at zero, and is in the text from now on.
  ///
  /// A name that stands for another kind of measure already gives one that is in no text.
  public func counter(
    _ name: String, _ help: String, _ labels: KeyValuePairs<String, String> = [:]
  ) -> Counter {
    if case .counter(let counter) = measure(.counter, name, help, labels) { return counter }
    return Counter()
  }

  /// The gauge of that name and these labels, like `counter`.
  public func gauge(
    _ name: String, _ help: String, _ labels: KeyValuePairs<String, String> = [:]
  ) -> Gauge {
    if case .gauge(let gauge) = measure(.gauge, name, help, labels) { return gauge }
    return Gauge()
  }

  /// The histogram of that name and these labels, like `counter`.
  public func histogram(
    _ name: String, _ help: String, _ labels: KeyValuePairs<String, String> = [:]
  ) -> HistogramMeasure {
    if case .histogram(let histogram) = measure(.histogram, name, help, labels) {
      return histogram
    }
    return HistogramMeasure()
  }

  /// The text of all measures and of `families`, which are looked at from outside.
  public func text(adding families: [MetricFamily] = []) -> String {
    let all = state.withLock(\.series).map { series in
      var family = MetricFamily(series.kind, series.name, series.help)
      switch series.measure {
      case .counter(let counter): family.add(Double(counter.value), series.labels)
      case .gauge(let gauge): family.add(Double(gauge.value), series.labels)
      case .histogram(let histogram): family.add(histogram.value, series.labels)
      }
      return family
    }
    return MetricsText.text(of: all + families, labels: labels)
  }

  private func measure(
    _ kind: MetricFamily.Kind, _ name: String, _ help: String,
    _ labels: KeyValuePairs<String, String>
  ) -> Measure {
    let key = Key(name: name, labels: labels.map { [$0.key, $0.value] })
    return state.withLock { state in
      if let place = state.places[key] { return state.series[place].measure }
      let measure: Measure =
        switch kind {
        case .counter: .counter(Counter())
        case .gauge: .gauge(Gauge())
        case .histogram: .histogram(HistogramMeasure())
        }
      state.places[key] = state.series.count
      state.series.append(
        Series(kind: kind, name: name, help: help, labels: labels, measure: measure))
      return measure
    }
  }
}
