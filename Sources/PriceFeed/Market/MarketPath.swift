/// One asset's log price as a function of time, in whole market seconds.
///
/// The path is built from the top down. Blocks of 2²² s (48.5 days) begin at levels drawn around
/// the start price, so that the price wanders but never drifts away. Inside a block each interval
/// is halved again and again, down to one second: its variance is shared unequally between the
/// halves (a random cascade: busy and quiet times, at every scale), and the log price in the middle
/// is a Brownian bridge between the ends, with Student t shocks below an hour. Every draw is a
/// function of (seed, asset, interval), so any second can be asked for by itself and always has the
/// same price. After B. Mandelbrot, A. Fisher and L. Calvet, "A Multifractal Model of Asset
/// Returns" (1997).
struct MarketPath {
  /// Halvings from a block to a second.
  private static let levelCount = 22
  /// From this level on an interval is shorter than an hour (2¹¹ s = 34 min).
  private static let shockLevel = 11
  /// How unequally variance is shared: the spread of the log odds of a half's share.
  private static let unevenness = 0.35
  private static let secondsPerYear = 365.25 * 86_400

  /// An interval, the log prices at its two ends, and the variance of the way between them.
  private struct Interval {
    var left: Double
    var right: Double
    var variance: Double
  }

  private let key: UInt64
  private let blockVariance: Double
  private var block: Int64?
  /// The intervals that hold `second`, from the block down. Shape: [levelCount + 1].
  private var intervals: [Interval]
  private var second: Int64 = 0

  init(seed: UInt64, profile: AssetProfile) {
    key = MarketHash(seed: seed, text: profile.asset).key
    let blockYears = Double(1 << Self.levelCount) / Self.secondsPerYear
    blockVariance = profile.annualVolatility * profile.annualVolatility * blockYears
    intervals = Array(
      repeating: Interval(left: 0, right: 0, variance: 0), count: Self.levelCount + 1)
  }

  /// The log of price by start price at a time; cheapest when times are asked for in order.
  mutating func logPrice(at time: Int64) -> Double {
    let newBlock = time >> Int64(Self.levelCount)
    let newSecond = time & ((1 << Int64(Self.levelCount)) - 1)
    var level: Int
    if block == newBlock {
      // The intervals above the first differing bit are shared.
      let difference = UInt64(second ^ newSecond)
      level = Self.levelCount - (UInt64.bitWidth - difference.leadingZeroBitCount)
    } else {
      block = newBlock
      intervals[0] = Interval(
        left: anchor(newBlock), right: anchor(newBlock + 1), variance: blockVariance)
      level = 0
    }
    second = newSecond
    while level < Self.levelCount {
      descend(from: level, toward: time)
      level += 1
    }
    return intervals[Self.levelCount].left
  }

  /// The log price where a block begins. The spread makes the way between two beginnings as long as
  /// the volatility says.
  private func anchor(_ block: Int64) -> Double {
    var hash = MarketHash(key: key, level: 63, index: block)
    return min(3, max(-3, hash.normal())) * (blockVariance / 2).squareRoot()
  }

  /// Halves the interval at `level` and keeps the half that holds `time`.
  private mutating func descend(from level: Int, toward time: Int64) {
    let parent = intervals[level]
    var hash = MarketHash(key: key, level: level, index: time >> Int64(Self.levelCount - level))
    let odds = MarketMath.exponential(2 * Self.unevenness * hash.normal())
    let share = odds / (1 + odds)
    let shock = level >= Self.shockLevel ? hash.heavyTailed() : hash.normal()
    let middle =
      parent.left + (parent.right - parent.left) * share
      + (parent.variance * share * (1 - share)).squareRoot() * shock
    let isRight = (time >> Int64(Self.levelCount - level - 1)) & 1 == 1
    intervals[level + 1] =
      isRight
      ? Interval(left: middle, right: parent.right, variance: parent.variance * (1 - share))
      : Interval(left: parent.left, right: middle, variance: parent.variance * share)
  }
}
