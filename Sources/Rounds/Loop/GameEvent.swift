public import Competition

/// What happens in a game, for logs, metrics and the live table.
public enum GameEvent: Sendable {
  /// The loop is ready for its first tick.
  case started(knownModelCount: Int, assets: [String])
  /// A tick is over.
  case tickClosed(TickSummary)
  /// Ticks that were due while another or a round ran, and are dropped.
  case ticksMissed(count: Int)
  /// A predict round opens.
  case roundOpened(
    params: PredictionParams, performedAt: UTCTime, rosterCount: Int, calledCount: Int)
  /// A predict round is over and handed to storage.
  case roundClosed(RoundSummary)
  /// A round opens more than one tick after its turn; turns of its group that passed are dropped.
  case roundLate(params: PredictionParams, by: Duration, missedTurnCount: Int)
  /// Storage refused a round: its records are lost.
  case roundRefused(params: PredictionParams, performedAt: UTCTime, recordCount: Int)
  /// An asset has no prices and is left out until it has some.
  case assetWithoutPrices(asset: String, reason: String)
  /// An asset that was left out has prices now.
  case assetHasPrices(asset: String)
  /// New prices of an asset could not be fetched; the ones that are there stay in use.
  case pricesUnavailable(asset: String, reason: String)
  /// The configurations changed, or were read for the first time.
  case configsChanged(activeCount: Int, groupCount: Int)
  /// A configuration can't be used and is left out.
  case configRefused(id: String, reason: String)
  /// The configurations could not be read; the last ones stay in use.
  case configsUnavailable(reason: String)
  /// There is nothing to predict: no configuration is active.
  case noActiveConfigs
  /// The loop has ended.
  case stopped(tickCount: Int, roundCount: Int)
}

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
