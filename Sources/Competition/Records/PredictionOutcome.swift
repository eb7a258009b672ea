/// How a call to one model ended.
public enum CallStatus: String, Hashable, Sendable {
  /// The model answered and said that all went well.
  case success = "SUCCESS"
  /// The model, or what it sent, was at fault.
  case failed = "FAILED"
  /// No usable answer by the deadline, or the call was skipped or broken off.
  case timeout = "TIMEOUT"
}

/// What a call to one model gave: one for each model asked, always.
public struct PredictionOutcome: Sendable {
  /// The model that was asked.
  public let modelID: ModelID
  /// How the call ended.
  public let status: CallStatus
  /// The answer's bytes as received (JSON text); nil when there is none.
  public let value: ByteView?
  /// Microseconds from sending the request to the last byte of the answer, or to the end of the
  /// call.
  public let execTimeMicros: Double
  /// Why it is not a success, `CODE: text`; nil for a success.
  public let detail: String?
  /// Whether a request left for the model.
  public let wasSent: Bool
  /// What the model's breaker does with the next call; nil when nobody knows.
  public var breaker: BreakerState?

  /// Creates an outcome.
  public init(
    modelID: ModelID, status: CallStatus, value: ByteView?, execTimeMicros: Double,
    detail: String?, wasSent: Bool = true, breaker: BreakerState? = nil
  ) {
    self.modelID = modelID
    self.status = status
    self.value = value
    self.execTimeMicros = execTimeMicros
    self.detail = detail
    self.wasSent = wasSent
    self.breaker = breaker
  }
}
