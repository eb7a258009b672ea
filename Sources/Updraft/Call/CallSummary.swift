import Competition
import ModelRunner

/// What all rounds of a call gave.
struct CallSummary: Sendable {
  /// Models that the orchestrator announced.
  var modelCount = 0
  /// Models that were connected and set up when the first round began.
  var connectedCount = 0
  /// From the start until the first round could begin.
  var connectTime = Duration.zero
  /// CPU time of that, all threads.
  var connectCPUTime = Duration.zero
  /// Resident memory then, bytes: all connections stand and nothing has been asked.
  var residentIdleBytes = 0
  /// Signatures of delegations that were checked, in all rounds.
  var delegationCheckCount = 0
  /// The time of each round, in their order.
  var wallTimes: [Duration] = []
  /// CPU time of all rounds, all threads.
  var cpuTime = Duration.zero
  /// Calls that were really sent, in all rounds.
  var sentCount = 0
  /// The models that were reported to the orchestrator, in order.
  var reports: [FailureReport] = []

  /// CPU time of a round, on average.
  var cpuTimePerRound: Duration { cpuTime / max(1, wallTimes.count) }

  /// The round time that `share` of the rounds don't exceed; 0 without rounds.
  func wallTime(atShare share: Double) -> Duration {
    guard !wallTimes.isEmpty else { return .zero }
    let rank = (Double(wallTimes.count) * share).rounded(.up)
    return wallTimes.sorted()[max(0, min(wallTimes.count, Int(rank)) - 1)]
  }
}
