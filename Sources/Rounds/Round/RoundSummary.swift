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
  /// The bytes of all answers together.
  public let answerBytes: Int
  /// The median answer's time in microseconds; nil without an answer.
  public let latencyMedianMicros: Double?
  /// The slowest answer's time in microseconds; nil without an answer.
  public let latencyMaxMicros: Double?
  /// Whether storage accepted the round.
  public let isKept: Bool

  init(_ round: RoundRecord, lateBy: Duration, isKept: Bool) {
    params = round.params
    performedAt = round.performedAt
    wallTime = round.wallTime
    self.lateBy = lateBy
    rosterCount = round.records.count
    successCount = round.count(.success)
    failedCount = round.count(.failed)
    timeoutCount = round.count(.timeout)
    absentCount = round.count(.absent)
    answerBytes = round.records.reduce(0) { $0 + ($1.distributions?.count ?? 0) }
    let latencies = round.records.filter { $0.status == .success }.map(\.execTimeMicros).sorted()
    latencyMedianMicros = latencies.isEmpty ? nil : latencies[latencies.count / 2]
    latencyMaxMicros = latencies.last
    self.isKept = isKept
  }
}
