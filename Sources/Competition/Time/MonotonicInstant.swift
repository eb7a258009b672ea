import Glibc

/// A point on the machine's monotonic clock, in nanoseconds; unaffected by changes of the wall
/// clock.
///
/// Deadlines and latencies are measured with it. Pure code takes it as an argument and never reads
/// the clock itself.
public struct MonotonicInstant: Hashable, Comparable, Sendable {
  /// Nanoseconds since an unspecified start, as `CLOCK_MONOTONIC` counts them.
  public let nanoseconds: UInt64

  /// Wraps a reading of the monotonic clock.
  public init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

  /// Reads the clock.
  public static func now() -> MonotonicInstant {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return MonotonicInstant(
      nanoseconds: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec))
  }

  /// The instant `duration` later, 292 years after the start at the latest; a negative duration
  /// gives an earlier one, never before the start.
  public func advanced(by duration: Duration) -> MonotonicInstant {
    let (moved, overflow) = Int64(clamping: nanoseconds)
      .addingReportingOverflow(duration.nanoseconds)
    return MonotonicInstant(nanoseconds: overflow ? UInt64(Int64.max) : UInt64(max(0, moved)))
  }

  /// The time from `earlier` to this instant; negative when `earlier` is in fact later.
  public func since(_ earlier: MonotonicInstant) -> Duration {
    .nanoseconds(nanoseconds(since: earlier))
  }

  /// The same in nanoseconds, for where each call counts: a `Duration` is made of 128 bits, and is
  /// divided by software.
  public func nanoseconds(since earlier: MonotonicInstant) -> Int64 {
    Int64(clamping: nanoseconds) - Int64(clamping: earlier.nanoseconds)
  }

  /// Orders by time.
  public static func < (left: MonotonicInstant, right: MonotonicInstant) -> Bool {
    left.nanoseconds < right.nanoseconds
  }
}

extension Duration {
  /// The whole duration in nanoseconds, saturating at ±292 years.
  public var nanoseconds: Int64 {
    let (seconds, attoseconds) = components
    let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    if overflow { return seconds < 0 ? .min : .max }
    return whole.addingReportingOverflow(attoseconds / 1_000_000_000).partialValue
  }

  /// The whole duration in microseconds, truncated.
  public var microseconds: Int64 { nanoseconds / 1_000 }

  /// The whole duration in milliseconds, truncated.
  public var milliseconds: Int64 { nanoseconds / 1_000_000 }

  /// The duration in seconds as a floating-point number.
  public var inSeconds: Double { Double(nanoseconds) / 1e9 }
}
