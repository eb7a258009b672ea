import Benchmarking
import Competition
import Storage

/// `report-worker`'s leaderboard under requests: first at a fixed rate (latency from the scheduled
/// start), then as fast as the connections go.
struct ReportScenario {
  let stage: BenchStage
  private var plan: BenchPlan { stage.plan }

  init(_ stage: BenchStage) { self.stage = stage }

  /// Runs everything against one worker.
  func run(into report: inout BenchReport) async throws {
    let game = try await BenchGame.start(stage)
    let result = await Task { try await runs(game) }.result
    await game.stop()
    report.runs += try result.get()
  }

  private func runs(_ game: BenchGame) async throws -> [CandidateRun] {
    try await fill(game)
    let port = DemoPort.free(0)
    let path = try game.configuration(
      resolution: "60s", history: "1d",
      ["report: {listen: [\"127.0.0.1:\(port)\"], ui_listen: []}"])
    let worker = try await BenchChild.start(
      [try BenchStage.program("report-worker"), "--config", path], name: "report-worker"
    ) { $0.contains("listening") || $0.contains("rror") }
    let result = await Task {
      _ = try await worker.line(saying: "ready") { $0.contains("\"listening\"") ? $0 : nil }
      var runs: [CandidateRun] = []
      for number in 1...plan.runs {
        stage.say("run \(number) of \(plan.runs)")
        runs.append(try await run(number, worker, "http://127.0.0.1:\(port)/reports/leaderboard"))
      }
      return runs
    }.result
    await worker.stop()
    return try result.get()
  }

  private func run(
    _ number: Int, _ worker: BenchChild, _ url: String
  ) async throws -> CandidateRun {
    var measured = CandidateRun(candidate: CandidateRun.ours, run: number)
    let begun = MonotonicInstant.now()
    let interval = plan.rate.map { Duration.seconds(1 / $0) }
    let paced = try await HTTPLoad.run(
      url, connections: plan.connections, interval: interval, lasting: .seconds(plan.seconds))
    let cpuBefore = worker.usage?.cpuSeconds ?? 0
    let free = try await HTTPLoad.run(
      url, connections: plan.connections, interval: nil, lasting: .seconds(plan.seconds / 2))
    let cpu = (worker.usage?.cpuSeconds ?? 0) - cpuBefore
    let ordered = paced.requests.sorted { $0.start < $1.start }
    measured.take(
      latencies: ordered.map { $0.latency.inSeconds * 1_000 },
      startSeconds: ordered.map { $0.start.since(begun).inSeconds })
    measured.figures[.cpu] = cpu * 1_000 / Double(max(1, free.requests.count))
    measured.figures[.requestsPerSecond] = Double(free.requests.count) / (plan.seconds / 2)
    measured.figures[.errors] = Double(paced.errorCount + free.errorCount)
    measured.figures[.peakMemory] = Double(worker.usage?.residentPeakBytes ?? 0) / 1e6
    return measured
  }

  /// One leaderboard of the plan's models.
  private func fill(_ game: BenchGame) async throws {
    let models = plan.models
    try await game.work { connection in
      _ = try connection.query(
        """
        INSERT INTO leaderboards (id, created_at, entries)
        SELECT 'LBR_1', now() AT TIME ZONE 'UTC', json_agg(json_build_object('rank', i,
          'model_id', 'model-' || i, 'model_name', 'model ' || i, 'player_name', 'player ' || i,
          'score', json_build_object('recent', 1.0 / i, 'steady', 1.0 / (i + 1),
            'anchor', 1.0 / (i + 2)))) FROM generate_series(1, $1::int4) AS i
        """, [.int(models)], doing: "make the leaderboard")
    }
  }
}
