public import Competition

/// One closed round in numbers, for the log, the metrics and the live table.
public struct RoundSummary: Hashable, Sendable {
  /// What was asked.
  public let params: PredictionParams
  /// The round's time.
  public let performedAt: UTCTime
  /// From opening to closing.
  public let wallTime: Duration
  /// From the round's turn to its opening.
  public let lateBy: Duration
  /// From the moment when the asset's newest price came in to the round's opening: what the tick
  /// took, and the wait for the round's turn. Nil when that moment is not known.
  public let sincePrice: Duration?
  /// The records, all statuses.
  public let rosterCount: Int
  /// Records with an answer.
  public let successCount: Int
  /// Records whose model or answer was at fault.
  public let failedCount: Int
  /// Records without an answer in time.
  public let timeoutCount: Int
  /// Records of models that were not called.
  public let absentCount: Int
  /// Models that a request was sent to.
  public let sentCount: Int
  /// Models that were due for a call and that nothing was sent to.
  public let skippedCount: Int
  /// Called models whose breaker will let the next call through, hold it back, or try.
  public let breakerCounts: [BreakerState: Int]
  /// Why nobody is blamed for the bad outcomes; nil for the usual round.
  public let panic: String?
  /// Whether the asset's market is closed.
  public let isMarketClosed: Bool
  /// The bytes of all answers together.
  public let answerBytes: Int
  /// The median answer's time in microseconds; nil without an answer.
  public let latencyMedianMicros: Double?
  /// The slowest answer's time in microseconds; nil without an answer.
  public let latencyMaxMicros: Double?
  /// The times of all answers, good and bad.
  public let latencies: LatencyBuckets
  /// Whether storage accepted the round.
  public let isKept: Bool

  init(_ round: RoundRecord, sincePrice: Duration?, isKept: Bool) {
    params = round.params
    performedAt = round.performedAt
    wallTime = round.wallTime
    lateBy = round.lateBy
    self.sincePrice = sincePrice
    rosterCount = round.records.count
    successCount = round.count(.success)
    failedCount = round.count(.failed)
    timeoutCount = round.count(.timeout)
    absentCount = round.count(.absent)
    sentCount = round.sentCount
    skippedCount = round.skippedCount
    breakerCounts = round.breakerCounts
    panic = round.panic
    isMarketClosed = round.isMarketClosed
    answerBytes = round.records.reduce(0) { $0 + ($1.distributions?.count ?? 0) }
    let times = round.records.filter { $0.status == .success }.map(\.execTimeMicros).sorted()
    latencyMedianMicros = times.isEmpty ? nil : times[times.count / 2]
    latencyMaxMicros = times.last
    latencies = round.latencies
    self.isKept = isKept
  }
}
