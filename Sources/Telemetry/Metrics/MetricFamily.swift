public import Competition

/// All samples of one name, as Prometheus wants them: together, with one help text and one kind.
public struct MetricFamily: Sendable {
  /// What the numbers are.
  public enum Kind: String, Hashable, Sendable {
    /// A number that only grows while the program runs; its name ends in `_total`.
    case counter
    /// A number that goes up and down.
    case gauge
    /// Counts of values by size.
    case histogram
  }

  struct Sample: Sendable {
    var suffix = ""
    let labels: [(name: String, value: String)]
    let value: Double
  }

  /// The name, with its unit: `updraft_round_duration_seconds`.
  public let name: String
  /// What it says, one sentence.
  public let help: String
  /// What the numbers are.
  public let kind: Kind
  private(set) var samples: [Sample] = []

  /// A family without samples.
  public init(_ kind: Kind, _ name: String, _ help: String) {
    self.kind = kind
    self.name = name
    self.help = help
  }

  /// A family of one sample without labels.
  public init(_ kind: Kind, _ name: String, _ help: String, value: some BinaryInteger) {
    self.init(kind, name, help, value: Double(value))
  }

  /// A family of one sample without labels.
  public init(_ kind: Kind, _ name: String, _ help: String, value: Double) {
    self.init(kind, name, help)
    add(value)
  }

  /// Adds a sample; no two may have the same labels.
  public mutating func add(_ value: Double, _ labels: KeyValuePairs<String, String> = [:]) {
    samples.append(Sample(labels: labels.map { ($0.key, $0.value) }, value: value))
  }

  /// Adds a histogram in seconds: a count of each bucket with all before it, their sum, and all.
  public mutating func add(
    _ latencies: LatencyBuckets, _ labels: KeyValuePairs<String, String> = [:]
  ) {
    let labels = labels.map { (name: $0.key, value: $0.value) }
    var below = 0
    for (index, count) in latencies.counts.enumerated() {
      below += count
      let isLast = index == LatencyBuckets.boundsMicros.count
      let bound = isLast ? .infinity : LatencyBuckets.boundsMicros[index] / 1e6
      let own = labels + [(name: "le", value: MetricsText.number(bound))]
      samples.append(Sample(suffix: "_bucket", labels: own, value: Double(below)))
    }
    samples.append(Sample(suffix: "_sum", labels: labels, value: latencies.sumMicros / 1e6))
    samples.append(Sample(suffix: "_count", labels: labels, value: Double(below)))
  }

  /// Adds the samples of a family of the same name.
  mutating func merge(_ other: MetricFamily) { samples += other.samples }
}
