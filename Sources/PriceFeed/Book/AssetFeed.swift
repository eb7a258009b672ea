import Competition

/// One asset's prices, and when its source is to be asked next.
///
/// idle (`dueAt` nil) → due (an update was requested, or a failed request is to be repeated) →
/// asked (`askedSequence` set) → idle after an answer, or when a failure is final; due again after
/// one that is worth repeating, until the tries are used up.
struct AssetFeed {
  private(set) var series: PriceSeries
  private(set) var dueAt: MonotonicInstant?
  private(set) var triesLeft = 0
  /// Whether the history has been answered or given up, so that nobody need wait for it.
  private(set) var isSettled = false
  private(set) var requestCount = 0
  private(set) var failureCount = 0
  private(set) var dropped = DroppedPoints()
  private(set) var lastError: PriceError?
  /// When an answer last brought new points; nil before the first.
  private(set) var newestArrival: MonotonicInstant?

  init(options: FeedOptions) {
    series = PriceSeries(windowSeconds: options.history.nanoseconds / 1_000_000_000)
  }

  /// Makes the asset due now, with all its tries.
  mutating func updateRequested(options: FeedOptions, at now: MonotonicInstant) {
    dueAt = now
    triesLeft = options.triesMax
  }

  /// Takes the asset's turn; the span that the source is to be asked for, nil when there is nothing
  /// to ask because the newest point lies ahead of the clock.
  mutating func requestStarted(options: FeedOptions, wall: UTCTime) -> ClosedRange<Int64>? {
    dueAt = nil
    triesLeft -= 1
    let end = wall.secondsSinceEpoch
    let oldest = wall.advanced(by: .zero - options.history).secondsSinceEpoch
    let start = max(0, series.newest.map { max($0.timestampSeconds + 1, oldest) } ?? oldest)
    guard start <= end else {
      isSettled = true
      return nil
    }
    requestCount += 1
    return start...end
  }

  /// Keeps an answer; the number of new points.
  mutating func answerArrived(_ batch: PriceBatch, at now: MonotonicInstant) -> Int {
    isSettled = true
    lastError = nil
    dropped += batch.dropped
    let appendedCount = series.append(contentsOf: batch.points)
    if appendedCount > 0 { newestArrival = now }
    return appendedCount
  }

  /// Decides whether a failed request is repeated.
  mutating func requestFailed(
    _ error: PriceError, options: FeedOptions, at now: MonotonicInstant
  ) {
    failureCount += 1
    lastError = error
    if error.isWorthRetrying && triesLeft > 0 {
      // An update requested meanwhile is due earlier, and stays so.
      let again = now.advanced(by: options.tryDelay)
      dueAt = dueAt.map { min($0, again) } ?? again
    } else if dueAt == nil {
      isSettled = true
    }
  }

  /// The asset as its readers see it.
  func statistics(of asset: String, options: FeedOptions, wall: UTCTime) -> AssetStatistics {
    let age = series.newest.map { max(0, wall.secondsSinceEpoch - $0.timestampSeconds) }
    let bound = options.resolution.seconds * Int64(options.staleAfterResolutions)
    return AssetStatistics(
      asset: asset, pointCount: series.count, newestTimestamp: series.newest?.timestampSeconds,
      ageSeconds: age, isStale: age.map { $0 > bound } ?? true, requestCount: requestCount,
      failureCount: failureCount, dropped: dropped, expiredCount: series.expiredCount,
      lastError: lastError)
  }
}
