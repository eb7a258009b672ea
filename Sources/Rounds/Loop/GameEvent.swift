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
  /// Storage has no room for a round's answers: the round is left out, nobody is asked.
  case roundRefused(params: PredictionParams, performedAt: UTCTime, modelCount: Int)
  /// An asset has no prices and is left out until it has some.
  case assetWithoutPrices(asset: String, reason: String)
  /// An asset that was left out has prices now.
  case assetHasPrices(asset: String)
  /// An asset's price has not moved for `GameSettings.closedAfter`: its market is taken for closed.
  case marketClosed(asset: String, unmovedFor: Duration)
  /// The price of an asset whose market was closed moves again.
  case marketOpened(asset: String)
  /// A round's turn came and it is left out, because the asset's market is closed.
  case roundSkipped(params: PredictionParams)
  /// New prices of an asset could not be fetched; the ones that are there stay in use.
  case pricesUnavailable(asset: String, reason: String)
  /// The configurations changed, or were read for the first time.
  case configsChanged(activeCount: Int, groupCount: Int)
  /// A configuration can't be used and is left out.
  case configRefused(id: String, reason: String)
  /// The configurations could not be read; the last ones stay in use.
  case configsUnavailable(reason: String)
  /// The configurations can be read again.
  case configsAvailable
  /// There is nothing to predict: no configuration is active.
  case noActiveConfigs
  /// The loop has ended.
  case stopped(tickCount: Int, roundCount: Int)
}
