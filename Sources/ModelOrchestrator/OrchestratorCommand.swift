import ArgumentParser
import Foundation
import ServiceRuntime
import Telemetry

/// The command line of `model-orchestrator`.
struct OrchestratorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration.program(
    "model-orchestrator",
    abstract: "Runs the models of a competition on this machine, a process each.",
    discussion: """
      Starts what models.yml lists, watches it, starts it again when it ends, and tells \
      coordinators over WebSocket which models run and where. Follows changes of models.yml. \
      SIGTERM or Ctrl-C stops everything within 10 s.
      """)

  @OptionGroup var options: WorkerOptions

  @Option(
    help: ArgumentHelp(
      "The list of models, instead of watcher.poller.path.", valueName: "file"),
    completion: .file(extensions: ["yml", "yaml"]))
  var models: String?

  func run() async throws {
    try await reportingFailures(program: "model-orchestrator") {
      let environment = ProcessInfo.processInfo.environment
      let settings = try readSettings(environment)
      if options.check { return try await check(settings, environment) }
      let logger = options.startLogging(
        program: "model-orchestrator", level: settings.logLevel?.level ?? .info)
      try await serve(settings, environment, logger)
    }
  }
}
