extension UTCTime {
  /// Reads ISO 8601 as people and databases write it: `2026-11-22T11:01:54.820462Z`, a space
  /// instead of the `T`, the fraction, the seconds or the whole time of day left out; without a
  /// zone it is UTC.
  ///
  /// Nil for anything else, and for dates that the calendar doesn't have. Digits beyond the
  /// microsecond are cut off.
  public init?(iso8601 text: String) {
    var reader = DigitReader(Array(text.utf8))
    guard let year = reader.number(digits: 4), reader.skip("-"),
      let month = reader.number(digits: 2), reader.skip("-"),
      let day = reader.number(digits: 2),
      let days = Self.daysSinceEpoch(year: year, month: month, day: day)
    else { return nil }
    var seconds = Int64(days) * 86_400
    var microseconds: Int64 = 0
    if reader.skip("T") || reader.skip("t") || reader.skip(" ") {
      guard let hour = reader.number(digits: 2), hour < 24, reader.skip(":"),
        let minute = reader.number(digits: 2), minute < 60
      else { return nil }
      seconds += Int64(hour * 3_600 + minute * 60)
      if reader.skip(":") {
        guard let second = reader.number(digits: 2), second < 60 else { return nil }
        seconds += Int64(second)
        if reader.skip(".") {
          guard let fraction = reader.microseconds() else { return nil }
          microseconds = fraction
        }
      }
      guard let offset = reader.zoneOffsetSeconds() else { return nil }
      seconds -= offset
    }
    guard reader.isAtEnd else { return nil }
    self.init(microsecondsSinceEpoch: seconds * 1_000_000 + microseconds)
  }

  /// Days from 1970-01-01 in the proleptic Gregorian calendar; nil when there is no such date.
  ///
  /// Counts the days of whole years before `year`, then those of whole months.
  private static func daysSinceEpoch(year: Int, month: Int, day: Int) -> Int? {
    guard year >= 1, (1...12).contains(month), day >= 1 else { return nil }
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    guard day <= lengths[month - 1] else { return nil }
    let before = year - 1
    let daysBeforeYear = before * 365 + before / 4 - before / 100 + before / 400
    let daysBeforeMonth = lengths[..<(month - 1)].reduce(0, +)
    return daysBeforeYear + daysBeforeMonth + day - 1 - 719_162
  }
}

/// Reads fixed-width numbers and marks from ASCII text.
private struct DigitReader {
  private let bytes: [UInt8]
  private var next = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { next == bytes.count }

  mutating func skip(_ mark: Unicode.Scalar) -> Bool {
    guard next < bytes.count, UInt32(bytes[next]) == mark.value else { return false }
    next += 1
    return true
  }

  mutating func digit() -> Int? {
    guard next < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[next]) else {
      return nil
    }
    next += 1
    return Int(bytes[next - 1] - UInt8(ascii: "0"))
  }

  mutating func number(digits: Int) -> Int? {
    var value = 0
    for _ in 0..<digits {
      guard let digit = digit() else { return nil }
      value = value * 10 + digit
    }
    return value
  }

  /// The fraction of a second, at least one digit.
  mutating func microseconds() -> Int64? {
    guard let first = digit() else { return nil }
    var value = Int64(first) * 100_000
    var scale: Int64 = 10_000
    while let digit = digit() {
      value += Int64(digit) * scale
      scale /= 10
    }
    return value
  }

  /// `Z`, `+02:00`, `+0200`, `+02` or nothing.
  mutating func zoneOffsetSeconds() -> Int64? {
    if isAtEnd || skip("Z") || skip("z") { return 0 }
    let sign: Int64
    if skip("+") { sign = 1 } else if skip("-") { sign = -1 } else { return nil }
    guard let hours = number(digits: 2), hours < 24 else { return nil }
    guard !isAtEnd else { return sign * Int64(hours) * 3_600 }
    _ = skip(":")
    guard let minutes = number(digits: 2), minutes < 60 else { return nil }
    return sign * Int64(hours * 3_600 + minutes * 60)
  }
}
