import Benchmarking
import Competition
import Glibc
import Resilience
import Storage

/// `score-worker --once` over predictions whose horizon is over: the whole program, from its start
/// to its end, prices, windows and leaderboard included.
struct ScoreScenario {
  /// How many different answers there are; rows share them.
  private static let answerCount = 32
  /// Predictions inserted by one statement.
  private static let batch = 500

  let stage: BenchStage
  private var plan: BenchPlan { stage.plan }

  init(_ stage: BenchStage) { self.stage = stage }

  /// Runs everything in one game; each round scores predictions of its own.
  func run(into report: inout BenchReport) async throws {
    let game = try await BenchGame.start(stage)
    let result = await Task { try await runs(game) }.result
    await game.stop()
    report.runs += try result.get()
  }

  private func runs(_ game: BenchGame) async throws -> [CandidateRun] {
    let path = try game.configuration(
      resolution: "60s", history: "3d",
      ["retention: {predictions: 30d, snapshots: 10d, rounds: 30d}"])
    var runs: [CandidateRun] = []
    for number in 1...plan.runs {
      stage.say("run \(number) of \(plan.runs)")
      runs.append(try await run(number, game, path))
    }
    return runs
  }

  private func run(_ number: Int, _ game: BenchGame, _ path: String) async throws -> CandidateRun {
    var measured = CandidateRun(candidate: CandidateRun.ours, run: number)
    var (walls, starts, cpus, peaks) = ([Double](), [Double](), [Double](), [Double]())
    let begun = MonotonicInstant.now()
    for round in 0..<plan.warmup + plan.rounds {
      let serial = number * 10_000 + round
      try await fill(game, serial: serial)
      let (start, cpuBefore) = (MonotonicInstant.now(), Self.childrenCPUMillis)
      let peak = try await score(path)
      let wall = MonotonicInstant.now().since(start).inSeconds * 1_000
      let count = try await scoredCount(game, serial: serial)
      guard count == plan.models else {
        throw BenchError("score-worker scored \(count) of \(plan.models) predictions")
      }
      guard round >= plan.warmup else { continue }
      walls.append(wall)
      starts.append(start.since(begun).inSeconds)
      cpus.append(Self.childrenCPUMillis - cpuBefore)
      peaks.append(peak)
    }
    measured.take(latencies: walls, startSeconds: starts)
    measured.figures[.cpu] = RunSpread(cpus).median
    measured.figures[.peakMemory] = peaks.max()
    measured.figures[.scoredPerSecond] = Double(plan.models) / (RunSpread(walls).median / 1_000)
    return measured
  }

  /// Runs the worker once.
  ///
  /// - Returns: The most memory that was seen, MB.
  private func score(_ path: String) async throws -> Double {
    let child = try await BenchChild.start(
      [try BenchStage.program("score-worker"), "--config", path, "--once"], name: "score-worker")
    var peak = 0
    while child.exit == nil {
      peak = max(peak, child.usage?.residentPeakBytes ?? 0)
      try await Task.sleep(for: .milliseconds(5))
    }
    let result = await Task { try await child.end(within: .seconds(600)) }.result
    await child.stop()
    try result.get()
    return Double(peak) / 1e6
  }

  /// CPU time of all children that have ended.
  private static var childrenCPUMillis: Double {
    var usage = rusage()
    getrusage(RUSAGE_CHILDREN.rawValue, &usage)
    let times = [usage.ru_utime, usage.ru_stime]
    let seconds = times.reduce(0.0) { $0 + Double($1.tv_sec) }
    let micros = times.reduce(0.0) { $0 + Double($1.tv_usec) }
    return seconds * 1_000 + micros / 1_000
  }

  /// A prediction of each model, asked a little over a horizon ago.
  private func fill(_ game: BenchGame, serial: Int) async throws {
    var random = SplitMix64(seed: plan.seed &+ UInt64(serial))
    let steps = DensityText.stepCount(replyBytes: plan.replyBytes)
    let answers = (0..<Self.answerCount).map { _ in
      DensityText.json(stepCount: steps, using: &random)
    }
    let horizon = steps * DensityText.stepSeconds
    let models = plan.models
    // An hour beyond the horizon, so that the newest step's price is surely there.
    let performedAt = UTCTime.now().advanced(by: .seconds(-horizon - 3_600 + serial % 1_000))
    let batch = Self.batch
    try await game.work { connection in
      try connection.query(
        """
        INSERT INTO models (crunch_identifier, name, deployment_identifier,
          player_crunch_identifier, player_name)
        SELECT 'model-' || i, 'model ' || i, 'd', 'p', 'player ' || i FROM
          generate_series(1, $1::int4) AS i ON CONFLICT DO NOTHING
        """, [.int(models)], doing: "make the models")
      for first in stride(from: 1, through: models, by: batch) {
        try connection.query(
          """
          INSERT INTO predictions (id, model_id, asset, horizon, step, status, exec_time,
            distributions, performed_at, resolvable_at)
          SELECT 'PRE_' || i || '_' || $1::text, 'model-' || i, 'BTC', $2::int4, $3::int4,
            'SUCCESS', 1000, ($4::text[])[1 + i % array_length($4::text[], 1)]::json, $5::timestamp,
            $5::timestamp + make_interval(secs => $2::int4)
          FROM generate_series($6::int4, $7::int4) AS i
          """,
          [
            .text("\(serial)"), .int(horizon), .int(DensityText.stepSeconds), .texts(answers),
            .time(performedAt), .int(first), .int(min(models, first + batch - 1)),
          ], doing: "make the predictions")
      }
      try connection.execute("ANALYZE predictions", doing: "look at the predictions")
    }
  }

  private func scoredCount(_ game: BenchGame, serial: Int) async throws -> Int {
    try await game.work { connection in
      try connection.query(
        "SELECT count(*) FROM predictions WHERE score_success AND id LIKE 'PRE\\_%\\_' || $1::text",
        [.text("\(serial)")], doing: "count the scores"
      ).map { try $0.int(0) }.first ?? 0
    }
  }
}
