import Competition

/// One tick in numbers.
public struct TickSummary: Hashable, Sendable {
  /// The tick's number, from 1.
  public let number: Int
  /// The models that run.
  public let runningCount: Int
  /// The models that were sent prices.
  public let sentCount: Int
  /// Those that answered well.
  public let successCount: Int
  /// Those whose answer was a failure.
  public let failedCount: Int
  /// Those without an answer in time, with the skipped ones.
  public let timeoutCount: Int
  /// Those that were sent the whole history.
  public let wholeHistoryCount: Int
  /// Those that must wait for the next tick, for want of memory.
  public let deferredCount: Int
  /// The different payloads.
  public let payloadCount: Int
  /// The bytes of all payloads together, each counted once.
  public let payloadBytes: Int
  /// Prices left out because a payload would have been too large: shorten `prices.history`.
  public let omittedPriceCount: Int
  /// From the fetching of prices to the last answer.
  public let wallTime: Duration

  init(
    number: Int, runningCount: Int, plan: TickPlan, outcomes: [PredictionOutcome],
    wallTime: Duration
  ) {
    self.number = number
    self.runningCount = runningCount
    sentCount = plan.modelCount
    successCount = outcomes.count { $0.status == .success }
    failedCount = outcomes.count { $0.status == .failed }
    timeoutCount = plan.modelCount - successCount - failedCount
    wholeHistoryCount = plan.groups.reduce(0) { $0 + $1.wholeHistoryCount }
    deferredCount = plan.deferredModels.count
    payloadCount = plan.groups.count
    payloadBytes = plan.groups.reduce(0) { $0 + $1.payload.json.utf8.count }
    omittedPriceCount = plan.groups.reduce(0) { $0 + $1.payload.omittedPriceCount }
    self.wallTime = wallTime
  }
}
