import Benchmarking
import Competition
import Foundation
import Glibc
import ServiceRuntime
import Telemetry

/// One `updraft bench SCENARIO` from its start to its end.
struct BenchRun: Sendable {
  let plan: BenchPlan
  let peers: [PeerCommand]
  /// Whether a run of its own follows each model.
  let drawsMap: Bool

  init(plan: BenchPlan, peers: [PeerCommand] = [], drawsMap: Bool = true) {
    self.plan = plan
    self.peers = peers
    self.drawsMap = drawsMap
  }

  /// Measures.
  ///
  /// Ctrl-C and SIGTERM end the process at once: what it started ends with it, the folder is
  /// removed first.
  func run() async throws -> BenchReport {
    LogSetup.start(format: .text, level: .warning)
    DescriptorLimit.raise()
    let progress = BenchProgress()
    let stage = try BenchStage(plan, progress: progress)
    let signals = StopSignals()
    let watcher = Task {
      await signals.wait()
      guard !Task.isCancelled else { return }
      progress.clear()
      stage.close()
      Glibc.exit(128 + SIGINT)
    }
    defer {
      watcher.cancel()
      progress.clear()
      stage.close()
    }
    var report = BenchReport(
      plan: plan, machine: .current, commit: await BenchStage.commit(),
      startedAt: UTCTime.now().iso8601 + "Z",
      command: (["updraft"] + CommandLine.arguments.dropFirst()).joined(separator: " "))
    do {
      try await measure(stage, into: &report)
    } catch let error as BenchError {
      throw StartFailure(error.description, exitCode: .incomplete)
    }
    return report
  }

  private func measure(_ stage: BenchStage, into report: inout BenchReport) async throws {
    switch plan.scenario {
    case .fanout, .tickHistory, .deadline, .connect:
      try await CallScenario(stage, peers: peers, drawsMap: drawsMap).run(into: &report)
    case .store: try await StoreScenario(stage).run(into: &report)
    case .score: try await ScoreScenario(stage).run(into: &report)
    case .report: try await ReportScenario(stage).run(into: &report)
    case .endToEnd, .soak: try await GameScenario(stage).run(into: &report)
    }
  }

  /// Reads an older report.
  ///
  /// - Throws: `StartFailure` that names the file.
  static func read(_ path: String) throws(StartFailure) -> BenchReport {
    do {
      return try BenchReport(jsonLines: try String(contentsOfFile: path, encoding: .utf8))
    } catch let error as BenchError {
      throw StartFailure("\(path): \(error)", exitCode: .validationFailure)
    } catch {
      throw StartFailure(
        "\(path): \(error.localizedDescription)", remedy: "name a file made with --json",
        exitCode: .validationFailure)
    }
  }
}
