import Competition
import Synchronization

/// A predict round while its models are called: each outcome goes on to storage as it comes.
///
/// Outcomes come from the models' threads, the end from the game loop. Storage is told inside the
/// lock, which is what puts every outcome before the closing.
final class LiveRound: Sendable {
  private let round: Mutex<PredictRound>
  private let keeping: (any RoundKeeping)?

  /// Puts an open round and its place in storage together; without one, nobody keeps it.
  init(_ round: PredictRound, keeping: (any RoundKeeping)?) {
    self.round = Mutex(round)
    self.keeping = keeping
  }

  /// Takes outcomes while the call goes on; any thread.
  func take(_ outcomes: [PredictionOutcome]) {
    round.withLock { round in
      let accepted = outcomes.filter { round.take($0) == .accepted }
      if !accepted.isEmpty { keeping?.arrived(accepted) }
    }
  }

  /// Takes what the whole call gave.
  func take(_ answers: ModelAnswers) {
    round.withLock { round in
      let accepted = round.take(answers)
      if !accepted.isEmpty { keeping?.arrived(accepted) }
    }
  }

  /// Closes the round, here and in storage.
  ///
  /// - Returns: The closed round, and whether storage has it.
  func close(
    at now: MonotonicInstant, _ end: PredictRound.End
  ) -> (record: RoundRecord, isKept: Bool) {
    round.withLock { round in
      let record = round.close(at: now, end)
      return (record, keeping?.close(record) ?? true)
    }
  }
}
