internal import Competition

/// The prices of one asset as truth for scoring: in order of time, unique times, prices > 0.
public struct PriceTrack: Sendable {
  /// Unix seconds, rising. Shape: [pointCount].
  private let timesSeconds: ContiguousArray<Int64>
  /// Shape: [pointCount].
  private let prices: ContiguousArray<Double>

  /// Keeps the points that can be prices, in order of time; of equal times the first one counts.
  public init(_ points: some Sequence<(timestampSeconds: Int64, price: Double)>) {
    var kept = points.filter { $0.price.isFinite && $0.price > 0 }
    if zip(kept, kept.dropFirst()).contains(where: { $0.timestampSeconds >= $1.timestampSeconds }) {
      // `sort` is stable, so the first of equal times stays the first.
      kept.sort { $0.timestampSeconds < $1.timestampSeconds }
    }
    var times = ContiguousArray<Int64>()
    var prices = ContiguousArray<Double>()
    for point in kept where times.last != point.timestampSeconds {
      times.append(point.timestampSeconds)
      prices.append(point.price)
    }
    timesSeconds = times
    self.prices = prices
  }

  /// The number of points.
  public var count: Int { timesSeconds.count }
  /// The time of the newest price; nil when there is none.
  public var newestSeconds: Int64? { timesSeconds.last }

  /// The index of the price closest to `time`, of the earlier one when two are equally close and of
  /// the first or last one beyond the ends; nil when there is no price.
  ///
  /// The search begins at `hint`: the answer for an earlier time.
  func closest(to time: UTCTime, near hint: Int = 0) -> Int? {
    guard !timesSeconds.isEmpty else { return nil }
    let after = firstIndex(notBefore: time, near: hint)
    guard after > 0 else { return 0 }
    guard after < count else { return count - 1 }
    return distance(after - 1, time) <= distance(after, time) ? after - 1 : after
  }

  /// Microseconds between a point and `time`.
  func distance(_ index: Int, _ time: UTCTime) -> Int64 {
    abs(micros(index) - time.microsecondsSinceEpoch)
  }

  func price(_ index: Int) -> Double { prices[index] }

  func micros(_ index: Int) -> Int64 { timesSeconds[index] &* 1_000_000 }

  /// By strides from the hint that double, then by bisection.
  private func firstIndex(notBefore time: UTCTime, near hint: Int) -> Int {
    func isBefore(_ index: Int) -> Bool { micros(index) < time.microsecondsSinceEpoch }
    var low = hint > 0 && hint < count && isBefore(hint) ? hint : 0
    var high = count
    var stride = 1
    while low + stride < high {
      guard isBefore(low + stride) else {
        high = low + stride
        break
      }
      low += stride
      stride *= 2
    }
    while low < high {
      let middle = low + (high - low) / 2
      if isBefore(middle) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
