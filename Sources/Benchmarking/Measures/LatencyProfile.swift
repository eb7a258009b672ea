internal import Histogram

/// Latencies in an HdrHistogram: microseconds from 1 µs to 1 h, three significant digits.
///
/// A plain value of about 200 KB; one thread records. A latency beyond an hour counts as an hour.
public struct LatencyProfile: Sendable {
  private static let microsMax: UInt64 = 3_600_000_000
  private static let shares = [0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999, 0.9995, 0.9999, 1]

  private var histogram = Histogram<UInt64>(
    lowestDiscernibleValue: 1, highestTrackableValue: microsMax,
    numberOfSignificantValueDigits: .three)

  /// Starts empty.
  public init() {}

  /// The latencies of a sequence, milliseconds.
  public init(millis: some Sequence<Double>) {
    for value in millis { record(millis: value) }
  }

  /// How many were recorded.
  public var count: Int { Int(histogram.totalCount) }

  /// Records one latency, milliseconds; a negative one counts as zero.
  public mutating func record(millis: Double) {
    let micros = (max(0, millis) * 1_000).rounded()
    _ = histogram.record(micros < Double(Self.microsMax) ? UInt64(micros) : Self.microsMax)
  }

  /// The latency that `share` of all don't exceed, milliseconds; 0 when nothing was recorded. A
  /// share of 0.5 gives the median, 1 the largest.
  public func millis(atShare share: Double) -> Double {
    guard count > 0 else { return 0 }
    let value = histogram.valueAtPercentile(min(1, max(0, share)) * 100)
    return Double(min(value, histogram.max)) / 1_000
  }

  /// Points of the percentile curve: share and milliseconds, as far as the count supports a share:
  /// p99.9 of 100 values would only be the largest once more. Shape: [pointCount ≤ 10].
  public var curve: [(share: Double, millis: Double)] {
    Self.shares.filter { $0 == 1 || Double(count) * (1 - $0) >= 0.999 }
      .map { ($0, millis(atShare: $0)) }
  }
}
