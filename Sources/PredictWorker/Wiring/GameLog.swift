import Competition
import Logging
import Rounds
import Storage
import Telemetry

/// Writes what happens in a game as log lines: one a round at info, trouble above it.
struct GameLog: Sendable {
  let logger: Logger

  /// One event of the game loop.
  func write(_ event: GameEvent) {
    switch event {
    case .started(let known, let assets):
      logger.notice(
        "game started",
        metadata: ["known_models": "\(known)", "assets": "\(assets.joined(separator: ","))"])
    case .tickClosed(let tick): write(tick)
    case .ticksMissed(let count):
      logger.warning("ticks missed: a round took longer", metadata: [LogKey.count: "\(count)"])
    case .roundOpened(let params, let performedAt, let roster, let called):
      var fields = metadata(params, performedAt)
      fields[LogKey.models] = "\(roster)"
      fields["called"] = "\(called)"
      logger.debug("round opened", metadata: fields)
    case .roundClosed(let round): write(round)
    case .roundLate(let params, let late, let missed):
      var fields = metadata(params, nil)
      fields[LogKey.lateMillis] = "\(late.milliseconds)"
      fields["missed_turns"] = "\(missed)"
      logger.warning("round late", metadata: fields)
    case .roundRefused(let params, let performedAt, let count):
      var fields = metadata(params, performedAt)
      fields[LogKey.models] = "\(count)"
      logger.error("round left out: storage has no room for its answers", metadata: fields)
    case .stopped(let ticks, let rounds):
      logger.notice("game stopped", metadata: ["ticks": "\(ticks)", "rounds": "\(rounds)"])
    default: writeAssetOrConfig(event)
    }
  }

  private func writeAssetOrConfig(_ event: GameEvent) {
    switch event {
    case .assetWithoutPrices(let asset, let reason):
      logger.warning(
        "asset left out: it has no prices",
        metadata: [LogKey.asset: "\(asset)", LogKey.reason: "\(reason)"])
    case .assetHasPrices(let asset):
      logger.notice("asset has prices", metadata: [LogKey.asset: "\(asset)"])
    case .marketClosed(let asset, let unmoved):
      logger.notice(
        "market closed: the price does not move",
        metadata: [LogKey.asset: "\(asset)", "unmoved_s": "\(Int(unmoved.inSeconds))"])
    case .marketOpened(let asset):
      logger.notice("market open: the price moves again", metadata: [LogKey.asset: "\(asset)"])
    case .roundSkipped(let params):
      logger.debug("round skipped: the market is closed", metadata: metadata(params, nil))
    case .pricesUnavailable(let asset, let reason):
      logger.warning(
        "no new prices", metadata: [LogKey.asset: "\(asset)", LogKey.reason: "\(reason)"])
    case .configsChanged(let active, let groups):
      logger.notice(
        "prediction_configs read", metadata: ["active": "\(active)", "groups": "\(groups)"])
    case .configRefused(let id, let reason):
      logger.warning(
        "configuration left out", metadata: ["id": "\(id)", LogKey.reason: "\(reason)"])
    case .configsUnavailable(let reason):
      logger.warning(
        "prediction_configs can't be read; the last ones stay in use",
        metadata: [LogKey.reason: "\(reason)"])
    case .configsAvailable: logger.notice("prediction_configs can be read again")
    case .noActiveConfigs:
      logger.warning(
        "nothing to predict: no configuration is active",
        metadata: [LogKey.remedy: "updraft configs add, or resume"])
    default: break
    }
  }

  /// A round that is in the database.
  func write(_ stored: StoredRound, _ statistics: RoundWriterStatistics) {
    var fields = metadata(stored.params, stored.performedAt)
    fields[LogKey.rows] = "\(stored.rowCount)"
    fields["latency_ms"] = "\(stored.latency.milliseconds)"
    if let kept = stored.keptLatency { fields["kept_ms"] = "\(tenths(kept))" }
    fields["queued_rounds"] = "\(statistics.queuedRounds)"
    fields["spool_rounds"] = "\(statistics.spoolRounds)"
    fields["spool_bytes"] = "\(statistics.spoolBytes)"
    if stored.isReplayed { fields["replayed"] = "true" }
    logger.info("round stored", metadata: fields)
    for failure in stored.failures where failure.source != .call {
      logger.warning(
        failure.source == .dropped ? "row not stored" : "answer refused",
        metadata: [
          LogKey.model: "\(failure.modelID)", LogKey.status: "\(failure.status.rawValue)",
          LogKey.reason: "\(failure.detail)", LogKey.performedAt: "\(stored.performedAt.iso8601)",
        ])
    }
    for failure in stored.failures where failure.source == .call {
      logger.debug(
        "no prediction",
        metadata: [
          LogKey.model: "\(failure.modelID)", LogKey.status: "\(failure.status.rawValue)",
          LogKey.reason: "\(failure.detail)",
        ])
    }
  }

  private func write(_ tick: TickSummary) {
    var fields: Logger.Metadata = [
      "tick": "\(tick.number)", LogKey.models: "\(tick.runningCount)",
      LogKey.sent: "\(tick.sentCount)", LogKey.success: "\(tick.successCount)",
      LogKey.failed: "\(tick.failedCount)", LogKey.timeout: "\(tick.timeoutCount)",
      LogKey.bytes: "\(tick.payloadBytes)", LogKey.wallMillis: "\(tick.wallTime.milliseconds)",
    ]
    if tick.wholeHistoryCount > 0 { fields["whole_history"] = "\(tick.wholeHistoryCount)" }
    if tick.deferredCount > 0 { fields["deferred"] = "\(tick.deferredCount)" }
    logger.info("tick closed", metadata: fields)
  }

  private func write(_ round: RoundSummary) {
    var fields = metadata(round.params, round.performedAt)
    fields[LogKey.models] = "\(round.rosterCount)"
    fields[LogKey.success] = "\(round.successCount)"
    fields[LogKey.failed] = "\(round.failedCount)"
    fields[LogKey.timeout] = "\(round.timeoutCount)"
    fields[LogKey.absent] = "\(round.absentCount)"
    fields[LogKey.sent] = "\(round.sentCount)"
    fields[LogKey.skipped] = "\(round.skippedCount)"
    fields[LogKey.bytes] = "\(round.answerBytes)"
    fields[LogKey.wallMillis] = "\(tenths(round.wallTime))"
    if let sincePrice = round.sincePrice { fields["since_price_ms"] = "\(tenths(sincePrice))" }
    if let median = round.latencyMedianMicros {
      fields[LogKey.p50Millis] = "\((median / 100).rounded() / 10)"
    }
    if let max = round.latencyMaxMicros {
      fields[LogKey.maxMillis] = "\((max / 100).rounded() / 10)"
    }
    if round.isMarketClosed { fields["market"] = "closed" }
    logger.info("round closed", metadata: fields)
    if !round.isKept { logger.error("round lost: storage has ended", metadata: fields) }
  }

  private func metadata(_ params: PredictionParams, _ performedAt: UTCTime?) -> Logger.Metadata {
    var fields: Logger.Metadata = [
      LogKey.asset: "\(params.asset)", "horizon": "\(params.horizonSeconds)",
      "step": "\(params.stepSeconds)",
    ]
    if let performedAt { fields[LogKey.round] = "\(performedAt.compactMilliseconds)" }
    return fields
  }

  private func tenths(_ time: Duration) -> Double {
    (Double(time.nanoseconds) / 1e5).rounded() / 10
  }
}
