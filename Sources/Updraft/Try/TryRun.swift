import ArgumentParser
import Competition
import Glibc
import ModelRunner
import Rounds
import Scoring
import ServiceRuntime

/// One `updraft try` from its start to its end, whatever happens in between.
struct TryRun: Sendable {
  let plan: TryPlan
  let report: any TryReport

  /// Tries the model and tells what was seen.
  ///
  /// - Throws: `StartFailure` for what this machine can't do; `ExitCode` when the model would not
  ///   do in a game, or Ctrl-C came.
  func run() async throws {
    let signals = StopSignals()
    report.begin(plan)
    let work = Task { try await attempt() }
    let watcher = Task {
      await signals.wait()
      if !Task.isCancelled { work.cancel() }
    }
    let ended = await work.result
    watcher.cancel()
    if signals.haveArrived { throw ExitCode(128 + SIGINT) }
    let result = try ended.get()
    report.end(result, plan)
    if !result.isGood { throw ExitCode.incomplete }
  }

  /// Everything between the first process and the last one's end.
  private func attempt() async throws -> TryResult {
    var result = TryResult()
    let stage = try await TryStage(plan, environment: ProcessEnvironment.all)
    for warning in stage.warnings { report.warning(warning) }
    let ended = await Result { try await play(on: stage, &result) }
    result.output = await stage.stop()
    try ended.get()
    return result
  }

  private func play(on stage: TryStage, _ result: inout TryResult) async throws {
    let begin = MonotonicInstant.now()
    let calls = try await TryCalls(plan, stage)
    let ended = await Result {
      try await calls.waitForModel { report.phase($0) }
      result.startTime = MonotonicInstant.now().since(begin)
      report.ready(after: result.startTime)
      try await playRounds(calls, &result)
    }
    await calls.stop()
    do {
      try ended.get()
    } catch let failure as TryFailure {
      result.failure = failure
    }
  }

  private func playRounds(_ calls: TryCalls, _ result: inout TryResult) async throws {
    let market = TryMarket(plan)
    let scores = TryScores(plan.game, market)
    for index in 0..<plan.roundCount {
      let time = plan.time(ofRound: index)
      let earlier = index == 0 ? nil : plan.time(ofRound: index - 1)
      let tick = try await tick(
        calls, market.tick(after: earlier, until: time), round: index + 1)
      result.ticks.append(tick)
      report.tick(tick)
      for params in plan.params {
        let answer = try await ask(calls, params, scores, round: index + 1, at: time)
        result.answers.append(answer)
        report.answer(answer)
      }
    }
  }

  private func tick(
    _ calls: TryCalls, _ payload: TickPayload, round: Int
  ) async throws -> TryTick {
    let result = try await calls.call(
      "tick", [CallArgument(.json(payload.json))], patience: plan.patience)
    let time = Duration.microseconds(result.execTimeMicros)
    let problem = result.status == .success ? lateness(of: time) : result.detail
    return TryTick(
      round: round, priceCount: payload.priceCount, omittedPriceCount: payload.omittedPriceCount,
      time: time, problem: problem)
  }

  private func ask(
    _ calls: TryCalls, _ params: PredictionParams, _ scores: TryScores, round: Int,
    at time: UTCTime
  ) async throws -> TryAnswer {
    let arguments = [
      CallArgument(.string(params.asset)), CallArgument(.int(Int64(params.horizonSeconds))),
      CallArgument(.int(Int64(params.stepSeconds))),
    ]
    let result = try await calls.call("predict", arguments, patience: plan.patience)
    let duration = Duration.microseconds(result.execTimeMicros)
    let baseline = scores.baseline(params, askedAt: time)
    func answer(_ status: CallStatus, _ problem: String?, _ score: Double? = nil) -> TryAnswer {
      TryAnswer(
        round: round, params: params, askedAt: time, status: status, time: duration,
        problem: problem, score: score, baseline: baseline)
    }
    if result.status != .success { return answer(result.status, result.detail) }
    if let lateness = lateness(of: duration) { return answer(.timeout, lateness) }
    if let refusal = scores.refusal(of: result, params) {
      return answer(.failed, "the answer can't be stored: \(refusal)")
    }
    switch scores.score(of: result, params, askedAt: time) {
    case .scored(let score): return answer(.success, nil, score)
    case .failed(let reason): return answer(.success, "it can't be scored: \(reason)")
    case nil: return answer(.success, nil)
    }
  }

  /// What is said of a call that took too long for the game.
  private func lateness(of time: Duration) -> String? {
    guard time > plan.timeout else { return nil }
    return "it took \(time.millisText), the game allows \(plan.timeout.text)"
  }
}

extension Result where Failure == any Error {
  /// Keeps what an asynchronous body gives or throws.
  fileprivate init(
    isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Success
  ) async {
    do {
      self = .success(try await body())
    } catch {
      self = .failure(error)
    }
  }
}
