import Competition

/// Which partitions are to be made so that the coming days have one: pure arithmetic.
struct PartitionPlan {
  /// How far ahead partitions are made: a week, so that neither a long week-end without the score
  /// worker nor a worker that runs without a restart comes to the end of them.
  static let ahead = Duration.seconds(7 * 86_400)
  /// More than this are not made at a time, whatever the width: a day's partitions for a week.
  static let countMax = 10

  /// The ranges to make, one after another, from the one that holds `now` (or the end of the last
  /// that exists) until `ahead` is covered.
  ///
  /// New partitions are as wide as the newest one; `span` counts while there is none.
  static func missing(
    after existing: [Partition], at now: UTCTime, span: PartitionSpan
  ) -> [Range<UTCTime>] {
    let end = existing.compactMap(\.until).max()
    let newest = existing.compactMap(\.range).max { $0.upperBound < $1.upperBound }
    let width = newest.map { $0.upperBound.since($0.lowerBound) } ?? .seconds(span.seconds)
    var start = end ?? span.start(of: now)
    if start < now {
      // After an idle time the gap is left to the default partition.
      start = start.advanced(by: width * Int(now.since(start).microseconds / width.microseconds))
    }
    var ranges: [Range<UTCTime>] = []
    let goal = now.advanced(by: ahead)
    while start <= goal, ranges.count < countMax {
      let end = start.advanced(by: width)
      ranges.append(start..<end)
      start = end
    }
    return ranges
  }
}
