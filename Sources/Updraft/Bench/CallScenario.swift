import Benchmarking
import Competition
import Foundation

/// Clients that call every model of a fleet: ours and peers', each a process of its own, in turn.
struct CallScenario {
  /// Rounds of the run that the heat map is made of.
  private static let mapRounds = 60

  let stage: BenchStage
  let peers: [PeerCommand]
  let drawsMap: Bool
  private var plan: BenchPlan { stage.plan }

  init(_ stage: BenchStage, peers: [PeerCommand], drawsMap: Bool) {
    self.stage = stage
    self.peers = peers
    self.drawsMap = drawsMap
  }

  /// Runs everything.
  func run(into report: inout BenchReport) async throws {
    let argument = try argumentFile()
    let fleet = try await BenchFleet.start(stage, inRow: !peers.isEmpty)
    var copy = report
    let result = await Task {
      try await measure(fleet, argument, into: &copy)
      return copy
    }.result
    await fleet.stop()
    report = try result.get()
  }

  private func measure(
    _ fleet: BenchFleet, _ argument: String, into report: inout BenchReport
  ) async throws {
    let candidates: [PeerCommand?] = [nil] + peers
    for run in 1...plan.runs {
      // Each run begins with another one, so that nobody always follows the same neighbour.
      for offset in candidates.indices {
        let candidate = candidates[(offset + run - 1) % candidates.count]
        let name = candidate?.name ?? CandidateRun.ours
        stage.say("run \(run) of \(plan.runs): \(name)")
        let measured =
          plan.scenario == .connect
          ? try await connects(candidate, run, fleet, argument)
          : try await rounds(candidate, run, fleet, argument)
        report.runs.append(measured)
      }
    }
    guard drawsMap, plan.scenario != .connect else { return }
    stage.say("a run for the map of the models, not counted")
    let count = min(plan.rounds, Self.mapRounds)
    let lines = try await call(nil, fleet, argument, rounds: count, results: true)
    report.heatMap = HeatMap(rounds: lines.rounds.map(\.models))
  }

  /// One client's rounds.
  private func rounds(
    _ peer: PeerCommand?, _ run: Int, _ fleet: BenchFleet, _ argument: String
  ) async throws -> CandidateRun {
    var measured = CandidateRun(candidate: peer?.name ?? CandidateRun.ours, run: run)
    let count = plan.warmup + plan.rounds
    let cpuBefore = fleet.cpuMillis
    let lines = try await call(peer, fleet, argument, rounds: count)
    measured.figures[.fleetCPU] = (fleet.cpuMillis - cpuBefore) / Double(count)
    guard lines.rounds.count == count else {
      throw BenchError("\(measured.candidate) gave \(lines.rounds.count) rounds of \(count)")
    }
    let latencies = lines.latencies(intervalMillis: plan.intervalMillis, warmup: plan.warmup)
    measured.take(latencies: latencies, startSeconds: starts(lines))
    measured.figures[.cpu] = lines.cpuMillisPerRound
    measured.figures[.peakMemory] = lines.residentPeakMegabytes
    measured.figures[.answered] = lines.answeredShare
    measured.figures[.connected] = Double(lines.connectedCount)
    if plan.scenario == .deadline {
      let past = lines.rounds.dropFirst(plan.warmup).map { $0.wallMillis - plan.timeoutMillis }
      let profile = LatencyProfile(millis: past)
      measured.figures[.overshootP50] = profile.millis(atShare: 0.5)
      if profile.count >= 1_000 {
        measured.figures[.overshootP999] = profile.millis(atShare: 0.999)
      }
      measured.figures[.overshootMax] = profile.millis(atShare: 1)
    }
    return measured
  }

  /// A client that starts, connects and ends, again and again.
  private func connects(
    _ peer: PeerCommand?, _ run: Int, _ fleet: BenchFleet, _ argument: String
  ) async throws -> CandidateRun {
    var measured = CandidateRun(candidate: peer?.name ?? CandidateRun.ours, run: run)
    var (times, cpu, starts) = ([Double](), [Double](), [Double]())
    let begun = MonotonicInstant.now()
    for number in 0..<plan.warmup + plan.rounds {
      let start = MonotonicInstant.now().since(begun).inSeconds
      let lines = try await call(peer, fleet, argument, rounds: 1)
      measured.figures[.connected] = Double(lines.connectedCount)
      guard number >= plan.warmup, let time = lines.connectMillis else { continue }
      times.append(time)
      starts.append(start)
      if let millis = lines.connectCPUMillis { cpu.append(millis) }
      measured.figures[.peakMemory] = lines.residentPeakMegabytes
    }
    guard times.count == plan.rounds else {
      throw BenchError("\(measured.candidate) does not say connect_ms")
    }
    measured.take(latencies: times, startSeconds: starts)
    if !cpu.isEmpty { measured.figures[.connectCPU] = RunSpread(cpu).median }
    return measured
  }

  /// When each counted round began, seconds.
  private func starts(_ lines: CallLines) -> [Double] {
    var at = 0.0
    return lines.rounds.dropFirst(plan.warmup).map { round in
      defer { at += max(round.wallMillis, plan.intervalMillis) / 1_000 }
      return at
    }
  }

  private func call(
    _ peer: PeerCommand?, _ fleet: BenchFleet, _ argument: String, rounds: Int,
    results: Bool = false
  ) async throws -> CallLines {
    let output = "\(stage.folder)/call.jsonl"
    let method = plan.scenario == .tickHistory ? "tick" : "predict"
    let words: [String]
    if let peer {
      let call = PeerCommand.Call(
        port: fleet.port, orchestratorPort: fleet.orchestratorPort, crunch: BenchStage.crunch,
        models: plan.models, rounds: rounds, intervalSeconds: plan.intervalMillis / 1_000,
        timeoutSeconds: plan.timeoutMillis / 1_000, method: method,
        argumentBytes: plan.argumentBytes, argumentFile: argument)
      words = ["/bin/sh", "-c", peer.line(for: call)]
    } else {
      words = try await ownWords(fleet, method, argument, rounds: rounds, results: results)
    }
    let child = try await BenchChild.start(
      words, name: peer?.name ?? "updraft call", output: output)
    let limit = Duration.seconds(
      300 + Double(rounds) * max(plan.timeoutMillis, plan.intervalMillis) / 1_000)
    let result = await Task { try await child.end(within: limit) }.result
    await child.stop()
    try result.get()
    return try CallLines(try String(contentsOfFile: output, encoding: .utf8))
  }

  private func ownWords(
    _ fleet: BenchFleet, _ method: String, _ argument: String, rounds: Int, results: Bool
  ) async throws -> [String] {
    var words = [ProgramPath.own, "call", method]
    words += argument.isEmpty ? ["BTC", "i:86400", "i:300"] : ["@\(argument)"]
    words += [
      "--orchestrator", "127.0.0.1:\(fleet.orchestratorPort)", "--crunch", BenchStage.crunch,
      "--rounds", "\(rounds)", "--timeout", "\(plan.timeoutMillis)ms", "--connect-wait", "120s",
      "--loops",
      "\(plan.loops)", "--no-report", "--max-failures", "0", "--max-timeouts", "0", "--json",
    ]
    // The fair rules soon leave hanging models out; here every round is to meet them.
    if plan.scenario == .deadline { words += ["--breaker", "compatible", "--no-check"] }
    if plan.rate != nil { words += ["--open-loop", "--interval", "\(plan.intervalMillis)ms"] }
    if let credentials = try await stage.credentials() {
      words += ["--tls-dir", credentials.client]
    }
    return results ? words + ["--results"] : words
  }

  /// The price history as JSON, about `argumentBytes` long; empty without one.
  private func argumentFile() throws -> String {
    guard plan.scenario == .tickHistory else { return "" }
    return try stage.write(PriceHistoryText.json(byteCount: plan.argumentBytes), to: "history.json")
  }
}
