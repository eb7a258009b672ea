/// Latencies counted in a fixed layout of buckets, the same in every round, program and version:
/// three per decade from 0.1 ms to 60 s, and one for what is longer.
///
/// Counts of different rounds, shards and days can be added up. A plain value of 19 counts.
public struct LatencyBuckets: Hashable, Sendable {
  /// The buckets' upper bounds, microseconds, inclusive; the last bucket has none.
  /// Shape: [bucketCount - 1].
  public static let boundsMicros: [Double] = [
    100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000,
    1_000_000, 2_000_000, 5_000_000, 10_000_000, 20_000_000, 60_000_000,
  ]
  /// The number of buckets.
  public static let bucketCount = boundsMicros.count + 1

  /// How many latencies fell into each bucket, not cumulative. Shape: [bucketCount].
  public private(set) var counts = [Int](repeating: 0, count: bucketCount)
  /// All latencies together, microseconds.
  public private(set) var sumMicros = 0.0

  /// Nothing is counted yet.
  public init() {}

  /// Counts as they were stored, without their sum: each latency is taken for its bucket's upper
  /// bound, and for the last bound in the bucket that has none. Missing counts are zero.
  public init(counts: [Int]) {
    for (index, count) in counts.prefix(Self.bucketCount).enumerated() {
      self.counts[index] = count
      sumMicros += Double(count) * Self.boundsMicros[min(index, Self.boundsMicros.count - 1)]
    }
  }

  /// How many latencies were counted.
  public var count: Int { counts.reduce(0, +) }

  /// Counts one latency, microseconds; one that is negative or not a number counts as zero.
  public mutating func record(micros: Double) {
    let latency = micros > 0 ? micros : 0
    let bucket = Self.boundsMicros.firstIndex { latency <= $0 } ?? Self.bucketCount - 1
    counts[bucket] += 1
    sumMicros += latency
  }

  /// Counts one latency.
  public mutating func record(_ latency: Duration) {
    record(micros: Double(latency.nanoseconds) / 1_000)
  }

  /// Adds what `other` has counted.
  public mutating func merge(_ other: LatencyBuckets) {
    for index in counts.indices { counts[index] += other.counts[index] }
    sumMicros += other.sumMicros
  }
}
