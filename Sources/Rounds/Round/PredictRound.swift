public import Competition

/// One predict round from opening to closing: exactly one record for each rostered model, whatever
/// outcomes arrive, in whatever order, or not at all.
///
/// *open* takes outcomes → *closed* by `close`, once; what arrives later is ignored.
public struct PredictRound: Sendable {
  /// Why a round ends.
  public enum End: Hashable, Sendable {
    /// All outcomes are there, or the deadline has come.
    case deadline
    /// The program stops.
    case stopped
  }

  /// What was done with an outcome.
  public enum Taken: Hashable, Sendable {
    /// It is the model's outcome.
    case accepted
    /// The model has one already; the first stays.
    case doubled
    /// The model was not called in this round.
    case notCalled
    /// The round is closed.
    case late
  }

  /// What is asked of whom.
  public let opening: RoundOpening
  private let openedAt: MonotonicInstant
  private let indexes: [ModelID: Int]
  private var outcomes: [PredictionOutcome?]
  private var waitingCount: Int
  private var isClosed = false
  private var panic: String?

  /// Opens a round.
  public init(_ opening: RoundOpening, at now: MonotonicInstant) {
    self.opening = opening
    openedAt = now
    outcomes = Array(repeating: nil, count: opening.entries.count)
    indexes = Dictionary(
      opening.entries.enumerated().map { ($0.element.modelID, $0.offset) },
      uniquingKeysWith: min)
    waitingCount = opening.entries.count { $0.isCalled }
  }

  /// Whether every called model has its outcome.
  public var isComplete: Bool { waitingCount == 0 }

  /// Takes in what the models gave, and whether anybody is to be blamed for it.
  ///
  /// - Returns: The outcomes that were not known before.
  @discardableResult
  public mutating func take(_ answers: ModelAnswers) -> [PredictionOutcome] {
    guard !isClosed else { return [] }
    panic = panic ?? answers.panic
    return answers.outcomes.filter { take($0) == .accepted }
  }

  /// Takes in what a model gave; an outcome that is there already learns what the model's breaker
  /// does next, which is known at the end of the call.
  @discardableResult
  public mutating func take(_ outcome: PredictionOutcome) -> Taken {
    guard !isClosed else { return .late }
    guard let index = indexes[outcome.modelID], opening.entries[index].isCalled else {
      return .notCalled
    }
    if let first = outcomes[index] {
      outcomes[index]?.breaker = first.breaker ?? outcome.breaker
      return .doubled
    }
    outcomes[index] = outcome
    waitingCount -= 1
    return .accepted
  }

  /// Closes the round; called models without an outcome get a TIMEOUT, the others are ABSENT.
  public mutating func close(at now: MonotonicInstant, _ end: End = .deadline) -> RoundRecord {
    isClosed = true
    let wallTime = now.since(openedAt)
    let records = opening.entries.enumerated().map { index, entry in
      record(entry, outcomes[index], after: wallTime, end)
    }
    outcomes = Array(repeating: nil, count: opening.entries.count)
    return RoundRecord(
      params: opening.params, performedAt: opening.performedAt, wallTime: wallTime,
      lateBy: opening.lateBy, panic: panic, isMarketClosed: opening.isMarketClosed,
      models: opening.models, records: records)
  }

  private func record(
    _ entry: RoundOpening.Entry, _ outcome: PredictionOutcome?, after wallTime: Duration,
    _ end: End
  ) -> PredictionRecord {
    func record(
      _ status: PredictionStatus, micros: Double, _ value: ByteView? = nil, _ detail: String? = nil
    ) -> PredictionRecord {
      PredictionRecord(
        modelID: entry.modelID, params: opening.params, status: status, execTimeMicros: micros,
        distributions: value, performedAt: opening.performedAt, detail: detail,
        wasSent: outcome?.wasSent ?? false, breaker: outcome?.breaker)
    }
    guard entry.isCalled else { return record(.absent, micros: 0) }
    guard let outcome else {
      let detail =
        switch end {
        case .deadline: "DEADLINE_EXCEEDED: no outcome by the end of the round"
        case .stopped: "CANCELLED: the worker was stopped during the round"
        }
      return record(.timeout, micros: Double(wallTime.microseconds), nil, detail)
    }
    let isSuccess = outcome.status == .success
    return record(
      PredictionStatus(outcome.status), micros: outcome.execTimeMicros,
      isSuccess ? outcome.value : nil,
      isSuccess ? nil : outcome.detail ?? "UNKNOWN: no detail was given")
  }
}
