public import Competition
import Synchronization

/// A round that storage has accepted: the door through which its answers come.
///
/// Nothing here waits: it takes a lock, appends, and wakes a thread. `close` must be called; a
/// round that is let go of without it is closed with what has arrived.
public final class OpenRound: Sendable {
  private let number: UInt64
  private let opening: RoundOpening
  private let indexes: [ModelID: Int]
  private let memory: RoundMemory
  private let pipeline: RoundPipeline
  private let state: Mutex<State>

  private struct State {
    /// Whose outcome is there, by roster index.
    var hasArrived: [Bool]
    var isClosed = false
  }

  init(_ opening: RoundOpening, number: UInt64, memory: RoundMemory, pipeline: RoundPipeline) {
    self.number = number
    self.opening = opening
    self.memory = memory
    self.pipeline = pipeline
    indexes = Dictionary(
      opening.entries.enumerated().map { ($0.element.modelID, $0.offset) },
      uniquingKeysWith: min)
    state = Mutex(State(hasArrived: opening.entries.map { !$0.isCalled }))
  }

  deinit {
    let isOpen = state.withLock { !$0.isClosed }
    if isOpen { close(abandoned) }
  }

  /// Takes outcomes of called models; any thread.
  ///
  /// What comes twice, after the end, or of a model that wasn't called is ignored.
  public func arrived(_ outcomes: [PredictionOutcome]) {
    state.withLock { state in
      guard !state.isClosed else { return }
      var arrivals: [Arrival] = []
      arrivals.reserveCapacity(outcomes.count)
      for outcome in outcomes {
        guard let index = indexes[outcome.modelID], !state.hasArrived[index] else { continue }
        state.hasArrived[index] = true
        arrivals.append(Arrival(outcome, at: index))
      }
      guard !arrivals.isEmpty else { return }
      count(arrivals)
      pipeline.arrived(arrivals, of: number)
    }
  }

  /// Takes the closed round: what has not arrived, and the round's numbers.
  ///
  /// What has arrived stays as it is, apart from the breakers' states.
  ///
  /// - Parameter round: one record for each entry of the opening, in their order.
  /// - Returns: false when the writer has ended meanwhile; what the spool has is stored by its next
  ///   run then.
  @discardableResult
  public func close(_ round: RoundRecord) -> Bool {
    state.withLock { state in
      guard !state.isClosed else { return false }
      state.isClosed = true
      var missing: [Arrival] = []
      for (index, record) in round.records.enumerated().prefix(state.hasArrived.count)
      where !state.hasArrived[index] {
        missing.append(Arrival(record, at: index))
      }
      count(missing)
      let closing = RoundClosing(
        wallTime: round.wallTime, panic: round.panic, breakers: round.records.map(\.breaker))
      return pipeline.close(number, missing, RoundEnd(closing: closing, at: .now()))
    }
  }

  private func count(_ arrivals: [Arrival]) {
    memory.add(arrivals.reduce(0) { $0 + ($1.answer?.heldBytes ?? 0) })
  }

  /// What becomes of a round that nobody closed.
  private var abandoned: RoundRecord {
    let records = opening.entries.map { entry in
      PredictionRecord(
        modelID: entry.modelID, params: opening.params,
        status: entry.isCalled ? .timeout : .absent, execTimeMicros: 0, distributions: nil,
        performedAt: opening.performedAt,
        detail: entry.isCalled ? "CANCELLED: the round was given up" : nil)
    }
    return RoundRecord(
      params: opening.params, performedAt: opening.performedAt, wallTime: .zero,
      models: opening.models, records: records)
  }
}
