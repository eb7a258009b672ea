import Glibc

/// A point in civil time, UTC, in whole microseconds since 1970 (PostgreSQL's own resolution).
public struct UTCTime: Hashable, Comparable, Sendable {
  /// Microseconds since 1970-01-01 00:00:00 UTC.
  public let microsecondsSinceEpoch: Int64

  /// Wraps a count of microseconds since 1970.
  public init(microsecondsSinceEpoch: Int64) {
    self.microsecondsSinceEpoch = microsecondsSinceEpoch
  }

  /// Wraps a count of whole seconds since 1970.
  public init(secondsSinceEpoch: Int64) {
    self.init(microsecondsSinceEpoch: secondsSinceEpoch * 1_000_000)
  }

  /// Reads the wall clock.
  public static func now() -> UTCTime {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return UTCTime(
      microsecondsSinceEpoch: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
  }

  /// Whole seconds since 1970, rounded down.
  public var secondsSinceEpoch: Int64 {
    microsecondsSinceEpoch.flooredQuotient(dividingBy: 1_000_000)
  }

  /// The same time without its fraction of a millisecond.
  public var truncatedToMilliseconds: UTCTime {
    UTCTime(
      microsecondsSinceEpoch: microsecondsSinceEpoch.flooredQuotient(dividingBy: 1_000) * 1_000)
  }

  /// The time `duration` later (or earlier, when negative).
  public func advanced(by duration: Duration) -> UTCTime {
    UTCTime(microsecondsSinceEpoch: microsecondsSinceEpoch + duration.microseconds)
  }

  /// The time from `earlier` to this one.
  public func since(_ earlier: UTCTime) -> Duration {
    .microseconds(microsecondsSinceEpoch - earlier.microsecondsSinceEpoch)
  }

  /// Orders by time.
  public static func < (left: UTCTime, right: UTCTime) -> Bool {
    left.microsecondsSinceEpoch < right.microsecondsSinceEpoch
  }
}

extension UTCTime {
  /// `20261122_110154.820`: the form inside prediction and leaderboard ids.
  public var compactMilliseconds: String {
    let parts = civil
    return parts.compactDate + "." + padded(parts.microsecond / 1_000, to: 3)
  }

  /// `20261122_110154`: the form inside snapshot ids.
  public var compactSeconds: String { civil.compactDate }

  /// `2026-11-22T11:01:54.820462`: naive ISO 8601, the fraction left out when it is zero.
  public var iso8601: String {
    let parts = civil
    let whole =
      "\(padded(parts.year, to: 4))-\(padded(parts.month, to: 2))-\(padded(parts.day, to: 2))"
      + "T\(padded(parts.hour, to: 2)):\(padded(parts.minute, to: 2))"
      + ":\(padded(parts.second, to: 2))"
    return parts.microsecond == 0 ? whole : whole + "." + padded(parts.microsecond, to: 6)
  }

  private var civil: CivilTime { CivilTime(self) }
}

/// Year, month, day and time of day in the proleptic Gregorian calendar.
private struct CivilTime {
  let year, month, day, hour, minute, second, microsecond: Int

  /// The era-based day count of Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
  init(_ time: UTCTime) {
    let days = time.microsecondsSinceEpoch.flooredQuotient(dividingBy: 86_400_000_000)
    let inDay = Int(time.microsecondsSinceEpoch - days * 86_400_000_000)
    let shifted = days + 719_468
    let era = shifted.flooredQuotient(dividingBy: 146_097)
    let dayOfEra = Int(shifted - era * 146_097)
    let yearOfEra =
      (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marchMonth = (5 * dayOfYear + 2) / 153
    month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
    year = yearOfEra + Int(era) * 400 + (month <= 2 ? 1 : 0)
    hour = inDay / 3_600_000_000
    minute = inDay / 60_000_000 % 60
    second = inDay / 1_000_000 % 60
    microsecond = inDay % 1_000_000
  }

  var compactDate: String {
    padded(year, to: 4) + padded(month, to: 2) + padded(day, to: 2) + "_" + padded(hour, to: 2)
      + padded(minute, to: 2) + padded(second, to: 2)
  }
}

private func padded(_ value: Int, to width: Int) -> String {
  let digits = String(value)
  return digits.count >= width
    ? digits : String(repeating: "0", count: width - digits.count) + digits
}

extension Int64 {
  /// Division that rounds toward negative infinity, so that times before 1970 stay in order.
  fileprivate func flooredQuotient(dividingBy divisor: Int64) -> Int64 {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
  }
}
