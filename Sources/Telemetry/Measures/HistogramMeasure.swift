public import Competition
import Synchronization

/// Latencies counted from any thread in the fixed buckets of `LatencyBuckets`.
public final class HistogramMeasure: Sendable {
  private let latencies = Mutex(LatencyBuckets())

  /// Nothing is counted yet.
  public init() {}

  /// Counts one latency.
  public func record(_ latency: Duration) { latencies.withLock { $0.record(latency) } }

  /// Counts all of `other`.
  public func add(_ other: LatencyBuckets) { latencies.withLock { $0.merge(other) } }

  /// What has been counted so far.
  public var value: LatencyBuckets { latencies.withLock { $0 } }
}
