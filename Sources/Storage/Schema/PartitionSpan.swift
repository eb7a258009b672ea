import Competition

/// How much time one partition of `predictions` holds.
public enum PartitionSpan: String, Hashable, Sendable, CaseIterable {
  /// From midnight to midnight, UTC.
  case day
  /// From Monday to Monday, UTC.
  case week

  /// The time that a partition holds, seconds.
  var seconds: Int64 { self == .day ? 86_400 : 7 * 86_400 }

  /// The beginning of the span that `time` is in.
  func start(of time: UTCTime) -> UTCTime {
    // 1970-01-05 was a Monday, and any day begins a day.
    let monday: Int64 = 4 * 86_400
    let since = time.secondsSinceEpoch - monday
    let whole = (since % seconds + seconds) % seconds
    return UTCTime(secondsSinceEpoch: time.secondsSinceEpoch - whole)
  }
}
