import ArgumentParser
import Settings
import Foundation
import ServiceRuntime
import Telemetry

/// The command line of `report-worker`.
@main
struct ReportWorkerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration.program(
    "report-worker",
    abstract: "Serves the leaderboard, the models and the rounds: an API, web pages, metrics.",
    discussion: """
      Without a file it runs with Condor's defaults and environment variables (POSTGRES_*) at \
      127.0.0.1:8000. It reads the database only and can be restarted at any time. SIGTERM or \
      Ctrl-C ends it within 10 s.
      """)

  @OptionGroup var options: WorkerOptions

  @Option(
    help: ArgumentHelp("Where to listen, instead of report.listen.", valueName: "host:port"))
  var listen: String?

  func run() async throws {
    try await reportingFailures(program: "report-worker") {
      let environment = ProcessInfo.processInfo.environment
      let settings = try readSettings(environment)
      if options.check { return try ReportCheck(settings, environment).run() }
      let logger = options.startLogging(
        program: "report-worker",
        format: LogFormat(rawValue: settings.log.format.rawValue) ?? .text,
        level: LogLevel(rawValue: settings.log.level.rawValue) ?? .info)
      try await ReportRun(settings, environment, logger).run()
    }
  }

  private func readSettings(_ environment: [String: String]) throws -> GameConfiguration {
    let flags = listen.map { [SettingFlag(path: "report.listen", name: "--listen", value: $0)] }
    do {
      return try GameConfiguration.load(
        path: options.config, environment: environment, flags: flags ?? [])
    } catch {
      let problems = error.problems.map(\.description)
      throw StartFailure(
        problems.first ?? "\(error)", furtherProblems: Array(problems.dropFirst()),
        exitCode: .wrongConfiguration)
    }
  }
}
