import Competition
import Rounds
import Storage
import Telemetry

/// Counts what happens in a game for `metrics_file`; called where it happens, never waits.
final class GameMetrics: Sendable {
  /// The measures by name.
  let registry: MetricsRegistry
  private let ticks: Counter
  private let ticksMissed: Counter
  private let tickTimes: HistogramMeasure
  private let roundTimes: HistogramMeasure
  private let callTimes: HistogramMeasure
  private let storageTimes: HistogramMeasure
  private let keepingTimes: HistogramMeasure
  private let priceTimes: HistogramMeasure
  private let roundsLate: Counter
  private let turnsMissed: Counter
  private let roundsRefused: Counter
  private let panics: Counter
  private let skippedCalls: Counter
  private let answerBytes: Counter
  private let rostered: Gauge

  /// Measures of which every sample says whose game it is.
  init(crunchID: String, shard: Shard) {
    let all = MetricsRegistry(labels: ["crunch": crunchID, "shard": "\(shard)"])
    registry = all
    ticks = all.counter("updraft_ticks_total", "Ticks that are over.")
    ticksMissed = all.counter(
      "updraft_ticks_missed_total", "Ticks dropped because a tick or a round took longer.")
    tickTimes = all.histogram(
      "updraft_tick_duration_seconds", "From a tick's opening to its last answer or deadline.")
    roundTimes = all.histogram(
      "updraft_round_duration_seconds", "From a round's opening to its last answer or deadline.")
    callTimes = all.histogram(
      "updraft_call_duration_seconds", "From a predict call's sending to the model's answer.")
    storageTimes = all.histogram(
      "updraft_storage_latency_seconds", "From a round's closing to its commit.")
    keepingTimes = all.histogram(
      "updraft_spool_latency_seconds", "From a round's closing until the spool has all of it.")
    priceTimes = all.histogram(
      "updraft_round_since_price_seconds",
      "From the arrival of the asset's newest price to a round's opening.")
    roundsLate = all.counter(
      "updraft_rounds_late_total", "Rounds that opened more than a tick after their turn.")
    turnsMissed = all.counter(
      "updraft_round_turns_missed_total", "Turns of rounds that were dropped because they passed.")
    roundsRefused = all.counter(
      "updraft_rounds_refused_total", "Rounds left out: storage had no room for their answers.")
    panics = all.counter(
      "updraft_rounds_panic_total", "Rounds whose bad outcomes were counted against nobody.")
    skippedCalls = all.counter(
      "updraft_calls_skipped_total", "Predict calls that were due and that nothing was sent for.")
    answerBytes = all.counter("updraft_answer_bytes_total", "Bytes of all successful answers.")
    rostered = all.gauge(
      "updraft_models_rostered", "Models with a record in the last round, absent ones included.")
    for status in PredictionStatus.allCases { predictions(status).add(0) }
    for status in ["SUCCESS", "FAILED", "TIMEOUT"] { tickCalls(status).add(0) }
    skippedRounds.add(0)
  }

  /// Counts one event of the game loop.
  func take(_ event: GameEvent) {
    switch event {
    case .tickClosed(let tick):
      ticks.add()
      tickTimes.record(tick.wallTime)
      tickCalls("SUCCESS").add(UInt64(tick.successCount))
      tickCalls("FAILED").add(UInt64(tick.failedCount))
      tickCalls("TIMEOUT").add(UInt64(max(0, tick.timeoutCount)))
    case .ticksMissed(let count): ticksMissed.add(UInt64(max(0, count)))
    case .roundClosed(let round): take(round)
    case .roundLate(_, _, let missed):
      roundsLate.add()
      turnsMissed.add(UInt64(max(0, missed)))
    case .roundRefused: roundsRefused.add()
    case .roundSkipped: skippedRounds.add()
    case .marketClosed(let asset, _): marketClosed(asset).set(1)
    case .marketOpened(let asset): marketClosed(asset).set(0)
    default: break
    }
  }

  /// Counts a round that is in the database.
  func take(_ stored: StoredRound) {
    if !stored.isReplayed { storageTimes.record(stored.latency) }
    if let kept = stored.keptLatency { keepingTimes.record(kept) }
  }

  private func take(_ round: RoundSummary) {
    registry.counter(
      "updraft_rounds_total", "Predict rounds that are over.",
      [
        "asset": round.params.asset, "horizon": "\(round.params.horizonSeconds)",
        "step": "\(round.params.stepSeconds)",
      ]
    ).add()
    predictions(.success).add(UInt64(round.successCount))
    predictions(.failed).add(UInt64(round.failedCount))
    predictions(.timeout).add(UInt64(round.timeoutCount))
    predictions(.absent).add(UInt64(round.absentCount))
    skippedCalls.add(UInt64(round.skippedCount))
    answerBytes.add(UInt64(round.answerBytes))
    roundTimes.record(round.wallTime)
    if let sincePrice = round.sincePrice { priceTimes.record(sincePrice) }
    callTimes.add(round.latencies)
    rostered.set(Int64(round.rosterCount))
    if round.panic != nil { panics.add() }
  }

  private func predictions(_ status: PredictionStatus) -> Counter {
    registry.counter(
      "updraft_predictions_total",
      "Records of closed rounds by status, before storage checks the answers.",
      ["status": status.rawValue])
  }

  private func tickCalls(_ status: String) -> Counter {
    registry.counter(
      "updraft_tick_calls_total", "Models that were sent a tick, by outcome.", ["status": status])
  }

  private var skippedRounds: Counter {
    registry.counter(
      "updraft_rounds_skipped_total", "Rounds that were left out.", ["reason": "market_closed"])
  }

  private func marketClosed(_ asset: String) -> Gauge {
    registry.gauge(
      "updraft_market_closed",
      "1 while the asset's price has not moved for prices.closed_after.", ["asset": asset])
  }
}
