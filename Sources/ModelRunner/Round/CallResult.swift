public import Competition

/// What a call to one model gave.
public struct CallResult: Sendable {
  /// The model, as the orchestrator described it when the call was made.
  public let model: ModelDescription
  /// How the call ended.
  public let status: CallStatus
  /// The returned value; nil when there is none (also a success that returned None).
  public let value: ReplyValue?
  /// Microseconds from the request's first byte to the answer's last, or to the end of the call; 0
  /// when nothing was sent.
  public let execTimeMicros: Double
  /// Why it is no success, `CODE: text`; nil for a success.
  public let detail: String?
  /// Whether a request left for the model.
  public let wasSent: Bool
  /// What the model's breaker does with the next call of this method, now that it knows of this
  /// one.
  public internal(set) var breaker = BreakerState.closed

  /// The same call, whose answer proved to be unreadable.
  func refused(_ end: ClassifiedEnd, status: CallStatus) -> CallResult {
    CallResult(
      model: model, status: status, value: nil, execTimeMicros: execTimeMicros,
      detail: end.detail, wasSent: wasSent)
  }
}

/// What a concurrent call gave: one result for each model that was asked, ordered by model id.
public struct CallRound: Sendable {
  /// One entry per model asked. Shape: [askedCount].
  public let results: [CallResult]
  /// From the start of the call until its last result, or its deadline.
  public let wallTime: Duration
  /// Why the round's bad ends are counted against nobody, one line; nil for the usual round.
  public let panic: String?

  /// The number of results with `status`.
  public func count(_ status: CallStatus) -> Int {
    results.reduce(0) { $0 + ($1.status == status ? 1 : 0) }
  }

  /// The number of models that a request was sent to.
  public var sentCount: Int { results.reduce(0) { $0 + ($1.wasSent ? 1 : 0) } }
}

/// Which models a call goes to.
public enum ModelSelection: Sendable {
  /// Every model that takes part.
  case all
  /// Those of the named models that take part; an empty set calls nobody.
  case only(Set<ModelID>)
}

/// What a call sends.
public enum CallContent: Sendable {
  /// The same call for every model.
  case shared(EncodedCall)
  /// A call made for each model; calls that share an `EncodedCall` share its bytes. The closure
  /// runs on the caller's side, before anything is sent; nil leaves the model out.
  case perModel(@Sendable (ModelDescription) -> EncodedCall?)
}

/// Takes results as they come: those that ended since the last turn of a loop, together.
///
/// Called on a loop's thread, from several threads when there are several loops, so it must not
/// wait.
public typealias ResultTap = @Sendable ([CallResult]) -> Void
