/// The status column of `predictions`.
public enum PredictionStatus: String, Hashable, Sendable, CaseIterable {
  /// An answer is stored.
  case success = "SUCCESS"
  /// The model, or what it sent, was at fault.
  case failed = "FAILED"
  /// No usable answer by the deadline.
  case timeout = "TIMEOUT"
  /// A known model that was not called in this round.
  case absent = "ABSENT"

  /// The status of a call's record.
  public init(_ status: CallStatus) {
    switch status {
    case .success: self = .success
    case .failed: self = .failed
    case .timeout: self = .timeout
    }
  }
}

/// One row of `predictions` before it is scored, and the reason kept beside it.
public struct PredictionRecord: Sendable {
  /// The model of the row.
  public let modelID: ModelID
  /// What was asked.
  public let params: PredictionParams
  /// How it went.
  public var status: PredictionStatus
  /// Microseconds that the model took; 0 when it was not called.
  public let execTimeMicros: Double
  /// The JSON text to store as received; nil is stored as the JSON literal `null`.
  public var distributions: ByteView?
  /// When the round was asked, whole milliseconds.
  public let performedAt: UTCTime
  /// Why it is no success (`updraft_failures.detail`); nil for SUCCESS and ABSENT.
  public var detail: String?
  /// Whether a request left for the model.
  public let wasSent: Bool
  /// What the model's breaker does with the next call; nil when it was not called.
  public var breaker: BreakerState?

  /// Creates a record.
  public init(
    modelID: ModelID, params: PredictionParams, status: PredictionStatus, execTimeMicros: Double,
    distributions: ByteView?, performedAt: UTCTime, detail: String?, wasSent: Bool = false,
    breaker: BreakerState? = nil
  ) {
    self.modelID = modelID
    self.params = params
    self.status = status
    self.execTimeMicros = execTimeMicros
    self.distributions = distributions
    self.performedAt = performedAt
    self.detail = detail
    self.wasSent = wasSent
    self.breaker = breaker
  }

  /// `PRE_{model_id}_{YYYYMMDD_HHMMSS.mmm}`: unique because rounds never share a millisecond.
  public var id: String { "PRE_\(modelID)_\(performedAt.compactMilliseconds)" }

  /// Whether the model answered, well or badly: its time is an answer's time then.
  public var isAnswered: Bool { wasSent && (status == .success || status == .failed) }

  /// When reality will have arrived: `performedAt` + horizon.
  public var resolvableAt: UTCTime { performedAt.advanced(by: .seconds(params.horizonSeconds)) }
}
