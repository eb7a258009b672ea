import Benchmarking
import Competition
import GatewayTestSupport
import Resilience
import Storage

/// Rounds into a scratch PostgreSQL by the predict worker's own `RoundWriter`, with its spool.
///
/// All answers are handed over at once, so that nothing is stored before the last one has come: the
/// worst case. In a game models answer one after another, and rows go out meanwhile.
struct StoreScenario {
  /// Answers that one turn of a loop reads, about.
  private static let turnAnswers = 25

  let stage: BenchStage
  private var plan: BenchPlan { stage.plan }

  init(_ stage: BenchStage) { self.stage = stage }

  /// Runs everything.
  func run(into report: inout BenchReport) async throws {
    stage.say("starting PostgreSQL")
    let server = try await ScratchPostgres.start()
    for run in 1...plan.runs {
      stage.say("run \(run) of \(plan.runs)")
      let result = await Task { try await self.run(run, server) }.result
      if case .failure = result { await server.stop() }
      report.runs.append(try result.get())
    }
    await server.stop()
  }

  private func run(_ number: Int, _ server: ScratchPostgres) async throws -> CandidateRun {
    let (stream, continuation) = AsyncStream.makeStream(of: StoredRound.self)
    var options = RoundWriterOptions()
    options.spool = SpoolOptions(directory: "\(stage.folder)/spool-\(number)")
    let writer = try RoundWriter(server.configuration, options: options) { continuation.yield($0) }
    let result = await Task { try await rounds(number, writer, stream) }.result
    await writer.stop()
    return try result.get()
  }

  private func rounds(
    _ number: Int, _ writer: RoundWriter, _ stored: AsyncStream<StoredRound>
  ) async throws -> CandidateRun {
    let answers = makeAnswers()
    let models = answers.indices.map { ModelID("model-\($0 + 1)") }
    let rows = models.map { id in
      ModelRow(modelID: id, name: "", deploymentID: "", playerID: "", playerName: "Unknown")
    }
    _ = try await writer.perform { try SchemaInitializer($0).initializeDatabase() }
    _ = try await writer.perform { try ModelTable($0).upsert(rows) }
    var measured = CandidateRun(candidate: CandidateRun.ours, run: number)
    var (latencies, starts, kept) = ([Double](), [Double](), [Double]())
    let begun = MonotonicInstant.now()
    var cpuBefore = Duration.zero
    var waiting = stored.makeAsyncIterator()
    for round in 0..<plan.warmup + plan.rounds {
      if round == plan.warmup { cpuBefore = writer.statistics.threadCPUTime }
      stage.show("round \(round + 1) of \(plan.warmup + plan.rounds)")
      // Runs share a database: each round has its own time, which makes the predictions' ids.
      let at = UTCTime(secondsSinceEpoch: 1_795_345_314).advanced(
        by: .seconds(number * 1_000_000 + round))
      let start = MonotonicInstant.now().since(begun).inSeconds
      try hand(answers, of: models, at, to: writer)
      guard let done = await waiting.next(), done.counts == [.success: models.count] else {
        throw BenchError("not every row was stored: \(writer.statistics)")
      }
      guard round >= plan.warmup else { continue }
      latencies.append(done.latency.inSeconds * 1_000)
      starts.append(start)
      if let time = done.keptLatency { kept.append(time.inSeconds * 1_000) }
    }
    measured.take(latencies: latencies, startSeconds: starts)
    let cpu = (writer.statistics.threadCPUTime - cpuBefore).inSeconds * 1_000
    measured.figures[.cpu] = cpu / Double(plan.rounds)
    measured.figures[.rowsPerSecond] =
      Double(models.count) / max(1e-6, RunSpread(latencies).median / 1_000)
    measured.figures[.keptP50] = RunSpread(kept).median
    measured.figures[.keptMax] = kept.max()
    return measured
  }

  private func makeAnswers() -> [ByteView] {
    var random = SplitMix64(seed: plan.seed)
    let steps = DensityText.stepCount(replyBytes: plan.replyBytes)
    return (0..<plan.models).map { _ in
      ByteView(DensityText.json(stepCount: steps, using: &random))
    }
  }

  /// Hands one round over as a loop does: what one turn has read.
  private func hand(
    _ answers: [ByteView], of models: [ModelID], _ performedAt: UTCTime, to writer: RoundWriter
  ) throws {
    let steps = DensityText.stepCount(replyBytes: plan.replyBytes)
    let params = PredictionParams(
      asset: "BTC", horizonSeconds: steps * DensityText.stepSeconds,
      stepSeconds: DensityText.stepSeconds)
    let outcomes = zip(models, answers).map { model, answer in
      PredictionOutcome(
        modelID: model, status: .success, value: answer, execTimeMicros: 1_234.5, detail: nil)
    }
    let records = outcomes.map { outcome in
      PredictionRecord(
        modelID: outcome.modelID, params: params, status: .success,
        execTimeMicros: outcome.execTimeMicros, distributions: outcome.value,
        performedAt: performedAt, detail: nil, wasSent: true)
    }
    let opening = RoundOpening(
      params: params, performedAt: performedAt, lateBy: .zero, timeout: .seconds(60),
      isMarketClosed: false, models: [],
      entries: models.map { RoundOpening.Entry(modelID: $0, isCalled: true) })
    guard let round = writer.open(opening) else { throw BenchError("the round was refused") }
    for start in stride(from: 0, to: outcomes.count, by: Self.turnAnswers) {
      round.arrived(Array(outcomes[start..<min(start + Self.turnAnswers, outcomes.count)]))
    }
    round.close(
      RoundRecord(
        params: params, performedAt: performedAt, wallTime: .milliseconds(40), models: [],
        records: records))
  }
}
