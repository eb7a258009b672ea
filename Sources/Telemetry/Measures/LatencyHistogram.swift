import Competition

/// Latencies in microseconds, counted in log-linear buckets: 32 per doubling, so that a percentile
/// is at most 3.2 % above the true value (below 32 µs it is exact).
///
/// Fixed size: 1,024 buckets × 8 bytes = 8 KiB, whatever is recorded. Values from 2³⁶ µs (19 hours)
/// on share the last bucket; `maxMicros` stays exact. A plain value: one thread records, `merge`
/// joins.
public struct LatencyHistogram: Sendable {
  private static let linearBits = 5
  private static let linearCount = 1 << linearBits
  private static let bucketCount = 1_024
  private static let valueMax: UInt64 = (1 << 36) - 1

  private var buckets = [UInt64](repeating: 0, count: bucketCount)
  private var sumMicros = 0.0

  /// How many values were recorded.
  public private(set) var count: UInt64 = 0
  /// The smallest recorded value, microseconds; 0 when there is none.
  public private(set) var minMicros: UInt64 = 0
  /// The largest recorded value, microseconds; 0 when there is none.
  public private(set) var maxMicros: UInt64 = 0

  /// Starts empty.
  public init() {}

  /// Counts one latency, microseconds.
  public mutating func record(micros: UInt64) {
    buckets[Self.bucket(of: micros)] += 1
    minMicros = count == 0 ? micros : min(minMicros, micros)
    maxMicros = max(maxMicros, micros)
    sumMicros += Double(micros)
    count += 1
  }

  /// Counts one latency; a negative one counts as zero.
  public mutating func record(_ latency: Duration) {
    record(micros: UInt64(max(0, latency.microseconds)))
  }

  /// Adds what `other` has counted.
  public mutating func merge(_ other: LatencyHistogram) {
    guard other.count > 0 else { return }
    for index in buckets.indices { buckets[index] += other.buckets[index] }
    minMicros = count == 0 ? other.minMicros : min(minMicros, other.minMicros)
    maxMicros = max(maxMicros, other.maxMicros)
    sumMicros += other.sumMicros
    count += other.count
  }

  /// Forgets everything.
  public mutating func reset() { self = LatencyHistogram() }

  /// The value that a `share` of all recorded ones don't exceed, microseconds; 0 when there is
  /// none.
  ///
  /// A share of 0.5 gives the median, 0.99 p99; one outside 0...1 is taken as the nearer end.
  public func percentile(_ share: Double) -> UInt64 {
    guard count > 0 else { return 0 }
    let clamped = share.isNaN ? 1 : min(max(share, 0), 1)
    let rank = max(1, UInt64((Double(count) * clamped).rounded(.up)))
    var seen: UInt64 = 0
    for (index, inBucket) in buckets.enumerated() {
      seen += inBucket
      if seen >= rank { return min(max(Self.upperBound(of: index), minMicros), maxMicros) }
    }
    return maxMicros
  }

  /// The median, microseconds.
  public var p50Micros: UInt64 { percentile(0.5) }
  /// What 90 % stay below or at, microseconds.
  public var p90Micros: UInt64 { percentile(0.9) }
  /// What 99 % stay below or at, microseconds.
  public var p99Micros: UInt64 { percentile(0.99) }
  /// What 99.9 % stay below or at, microseconds.
  public var p999Micros: UInt64 { percentile(0.999) }
  /// The arithmetic mean, microseconds; 0 when there is none.
  public var meanMicros: Double { count == 0 ? 0 : sumMicros / Double(count) }

  /// Below 2⁵ a bucket per value; from there the five bits below the leading one number the bucket
  /// within its doubling.
  private static func bucket(of micros: UInt64) -> Int {
    let value = min(micros, valueMax)
    guard value >= UInt64(linearCount) else { return Int(value) }
    let shift = (63 - value.leadingZeroBitCount) - linearBits
    return (shift + 1) * linearCount + Int(value >> UInt64(shift)) - linearCount
  }

  private static func upperBound(of bucket: Int) -> UInt64 {
    guard bucket >= linearCount else { return UInt64(bucket) }
    if bucket == bucketCount - 1 { return .max }
    let shift = UInt64(bucket / linearCount - 1)
    let first = UInt64(bucket % linearCount + linearCount) << shift
    return first + (1 << shift) - 1
  }
}
