import ArgumentParser
import Competition
import Settings
import Foundation
import ServiceRuntime
import Telemetry

/// The command line of `score-worker`.
@main
struct ScoreWorkerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration.program(
    "score-worker",
    abstract: "Scores predictions whose horizon is over, and makes the leaderboard.",
    discussion: """
      Without a file it runs with Condor's defaults and environment variables (POSTGRES_*). It may \
      be stopped, killed and started again at any time, and several may run at once. SIGTERM or \
      Ctrl-C ends it within 10 s.
      """)

  @OptionGroup var options: WorkerOptions
  @OptionGroup var score: ScoreOptions

  func run() async throws {
    try await reportingFailures(program: "score-worker") {
      let environment = ProcessInfo.processInfo.environment
      let settings = try readSettings(environment)
      if options.check { return try await ScoreCheck(settings).run() }
      signal(SIGPIPE, SIG_IGN)
      let logger = options.startLogging(
        program: "score-worker",
        format: LogFormat(rawValue: settings.log.format.rawValue) ?? .text,
        level: LogLevel(rawValue: settings.log.level.rawValue) ?? .info)
      let signals = StopSignals()
      let run = ScoreWorkerRun(settings, logger, try score.task())
      if let id = score.predictionID {
        for line in try await run.explain(id, signals) { print(line) }
        return
      }
      let report = try await run.run(try ServiceNotifier(environment: environment), signals)
      if score.dryRun, let report { print(DryRunText.lines(report).joined(separator: "\n")) }
    }
  }

  private func readSettings(_ environment: [String: String]) throws -> GameConfiguration {
    do {
      return try GameConfiguration.load(path: options.config, environment: environment)
    } catch {
      let problems = error.problems.map(\.description)
      throw StartFailure(
        problems.first ?? "\(error)", furtherProblems: Array(problems.dropFirst()),
        exitCode: .wrongConfiguration)
    }
  }
}
