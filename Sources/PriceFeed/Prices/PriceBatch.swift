/// What one request to a source gave: clean points, and how many were not.
public struct PriceBatch: Hashable, Sendable {
  /// In order of time, unique timestamps, plausible prices. Shape: [pointCount].
  public var points: [PricePoint]
  /// Points that were left out, by reason.
  public var dropped: DroppedPoints

  /// Wraps points that are known to be clean.
  public init(points: [PricePoint] = [], dropped: DroppedPoints = DroppedPoints()) {
    self.points = points
    self.dropped = dropped
  }

  /// Sorts raw points and leaves out what cannot be kept; of equal timestamps the first wins.
  ///
  /// - Parameters:
  ///   - raw: as the source gave them.
  ///   - latest: points later than this are left out: one wrong timestamp in the future would make
  ///     every true one after it look old.
  public init(raw: [PricePoint], latest: Int64) {
    var dropped = DroppedPoints()
    var kept: [PricePoint] = []
    kept.reserveCapacity(raw.count)
    var isOrdered = true
    for point in raw {
      if !PricePoint.isPlausible(point.price) {
        dropped.implausibleCount += 1
      } else if point.timestampSeconds > latest || point.timestampSeconds < 0 {
        dropped.outOfRangeCount += 1
      } else {
        if let last = kept.last, last.timestampSeconds >= point.timestampSeconds {
          isOrdered = false
        }
        kept.append(point)
      }
    }
    if !isOrdered {
      let count = kept.count
      kept = Self.sortedUnique(kept)
      dropped.duplicateCount = count - kept.count
    }
    self.init(points: kept, dropped: dropped)
  }

  private static func sortedUnique(_ points: [PricePoint]) -> [PricePoint] {
    // `sort` is stable, so the first of equal timestamps stays the first.
    let sorted = points.sorted { $0.timestampSeconds < $1.timestampSeconds }
    var unique: [PricePoint] = []
    unique.reserveCapacity(sorted.count)
    for point in sorted where unique.last?.timestampSeconds != point.timestampSeconds {
      unique.append(point)
    }
    return unique
  }
}

/// How many points of a source were left out, by reason.
public struct DroppedPoints: Hashable, Sendable {
  /// The price was NaN, infinite, zero or negative.
  public var implausibleCount = 0
  /// The timestamp was no whole second, before 1970, or later than the source may know.
  public var outOfRangeCount = 0
  /// Another point had the same timestamp.
  public var duplicateCount = 0

  /// None.
  public init() {}

  /// All of them.
  public var totalCount: Int { implausibleCount + outOfRangeCount + duplicateCount }

  /// Adds the counts of another batch.
  public static func += (left: inout DroppedPoints, right: DroppedPoints) {
    left.implausibleCount += right.implausibleCount
    left.outOfRangeCount += right.outOfRangeCount
    left.duplicateCount += right.duplicateCount
  }
}
