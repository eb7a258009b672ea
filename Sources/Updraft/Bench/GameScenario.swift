import Benchmarking
import Competition
import Foundation
import JSON
import Storage

/// `predict-worker` plays a whole game: prices, ticks, rounds, spool and PostgreSQL. For
/// `end-to-end` it is watched for its latencies, for `soak` for its memory and missed rounds.
struct GameScenario {
  /// A round every second, after a tick with the second's new price.
  private static let tick = "250ms"
  /// How long rounds may wait for the database at the end.
  private static let drainTimeout = Duration.seconds(60)

  let stage: BenchStage
  private var plan: BenchPlan { stage.plan }

  init(_ stage: BenchStage) { self.stage = stage }

  /// Runs everything, each run with a database of its own.
  func run(into report: inout BenchReport) async throws {
    for run in 1...plan.runs {
      stage.say("run \(run) of \(plan.runs), \(NumberText.describe(plan.seconds)) s")
      let game = try await BenchGame.start(stage)
      let result = await Task { try await withFleet(game, run) }.result
      await game.stop()
      report.runs.append(try result.get())
    }
  }

  private func withFleet(_ game: BenchGame, _ run: Int) async throws -> CandidateRun {
    let fleet = try await BenchFleet.start(stage)
    let result = await Task { try await withWorker(game, fleet, run) }.result
    await fleet.stop()
    return try result.get()
  }

  private func withWorker(
    _ game: BenchGame, _ fleet: BenchFleet, _ run: Int
  ) async throws -> CandidateRun {
    let steps = DensityText.stepCount(replyBytes: plan.replyBytes)
    let params = PredictionParams(
      asset: "BTC", horizonSeconds: steps * DensityText.stepSeconds,
      stepSeconds: DensityText.stepSeconds)
    try await game.work { _ = try PredictionConfigTable($0).add(params, intervalSeconds: 1) }
    var lines = [
      "orchestrator: {host: 127.0.0.1, port: \(fleet.orchestratorPort)}",
      "predict: {tick: \(Self.tick), timeout: \(plan.timeoutMillis)ms, report_failures: false, "
        + "loops: \(plan.loops), max_failures: 0, max_timeouts: 0}",
      "spool: {dir: \"\(stage.folder)/spool-\(run)\"}",
    ]
    if let credentials = try await stage.credentials() {
      lines.append("tls: {dir: \"\(credentials.client)\"}")
    }
    let path = try game.configuration(resolution: "1s", history: "10m", lines)
    let worker = try await BenchChild.start(
      [try BenchStage.program("predict-worker"), "--config", path], name: "predict-worker"
    ) { GameLines.isWanted($0) }
    let result = await Task { try await watch(game, fleet, worker, run) }.result
    await worker.stop()
    return try result.get()
  }

  private func watch(
    _ game: BenchGame, _ fleet: BenchFleet, _ worker: BenchChild, _ run: Int
  ) async throws -> CandidateRun {
    // The first rounds, in which models are still connecting, are not measured.
    let settledAt = try await worker.line(saying: "a round with nine models in ten") { line in
      GameLines.settledAt(line, models: plan.models)
    }
    var measured = CandidateRun(candidate: CandidateRun.ours, run: run)
    let begun = MonotonicInstant.now()
    let cpuBefore = (worker: worker.usage?.cpuSeconds ?? 0, fleet: fleet.cpuMillis)
    try await follow(worker, from: begun, &measured)
    guard let usage = worker.usage else {
      throw BenchError("predict-worker \(worker.exit.map { "\($0)" } ?? "is gone")")
    }
    let played = GameLines(worker.lines, after: settledAt)
    guard !played.latencies.isEmpty else { throw BenchError("predict-worker played no round") }
    let rounds = Double(played.latencies.count)
    measured.figures[.cpu] = (usage.cpuSeconds - cpuBefore.worker) * 1_000 / rounds
    measured.figures[.fleetCPU] = (fleet.cpuMillis - cpuBefore.fleet) / rounds
    measured.figures[.peakMemory] = Double(usage.residentPeakBytes) / 1e6
    measured.figures[.connected] = Double(plan.models)
    measured.figures[.rounds] = rounds
    measured.take(latencies: played.latencies, startSeconds: played.startSeconds)
    if !played.storedMillis.isEmpty {
      let profile = LatencyProfile(millis: played.storedMillis)
      measured.figures[.storedP50] = profile.millis(atShare: 0.5)
      if profile.count >= 100 { measured.figures[.storedP99] = profile.millis(atShare: 0.99) }
    }
    measured.figures[.missedRounds] = Double(try await missedCount(game, worker, since: settledAt))
    return measured
  }

  /// Follows the worker's memory for the plan's time.
  private func follow(
    _ worker: BenchChild, from begun: MonotonicInstant, _ measured: inout CandidateRun
  ) async throws {
    var samples: [(t: Double, v: Double)] = []
    while true {
      let seconds = MonotonicInstant.now().since(begun).inSeconds
      guard seconds < plan.seconds else { break }
      if let usage = worker.usage {
        samples.append((seconds / 3_600, Double(usage.residentBytes) / 1e6))
        measured.memoryLine.add(Double(usage.residentBytes) / 1e6, atSeconds: seconds)
      }
      stage.show("\(Int(seconds)) of \(Int(plan.seconds)) s, \(worker.lines.count) log lines")
      if worker.exit != nil { break }
      try await Task.sleep(for: .seconds(min(1, max(0.01, plan.seconds - seconds))))
    }
    guard plan.scenario == .soak else { return }
    // The first fifth fills caches and buffers to their size.
    let trend = LinearTrend(samples.filter { $0.t * 3_600 >= plan.seconds / 5 })
    measured.figures[.memoryGrowth] = trend.slope
    measured.figures[.memoryGrowthError] = trend.slopeError
  }

  /// Rounds that came due and of which the database has not a row for each model.
  private func missedCount(
    _ game: BenchGame, _ worker: BenchChild, since settledAt: UTCTime
  ) async throws -> Int {
    let played = GameLines(worker.lines, after: settledAt)
    guard let last = played.lastOpenedAt else { return 0 }
    let deadline = MonotonicInstant.now().advanced(by: Self.drainTimeout)
    var stored = try await storedCount(game, after: settledAt, upTo: last)
    while stored < played.openedCount, MonotonicInstant.now() < deadline {
      try await Task.sleep(for: .milliseconds(200))
      stored = try await storedCount(game, after: settledAt, upTo: last)
    }
    return played.missedTurnCount + played.leftOutCount + max(0, played.openedCount - stored)
  }

  /// Rounds of a span that have a row for each model.
  private func storedCount(
    _ game: BenchGame, after begin: UTCTime, upTo end: UTCTime
  ) async throws -> Int {
    let models = plan.models
    return try await game.work { connection in
      try connection.query(
        """
        SELECT count(*) FROM (SELECT 1 FROM predictions
          WHERE performed_at > $1 AND performed_at <= $2
          GROUP BY performed_at HAVING count(DISTINCT model_id) = $3) AS rounds
        """, [.time(begin), .time(end), .int(models)], doing: "count the stored rounds"
      ).map { try $0.int(0) }.first ?? 0
    }
  }
}
