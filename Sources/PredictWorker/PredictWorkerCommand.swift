import ArgumentParser
import Settings
import Foundation
import ServiceRuntime
import Telemetry

/// The command line of `predict-worker`.
@main
struct PredictWorkerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration.program(
    "predict-worker",
    abstract: "Sends prices to every model, asks them all for predictions, and stores the answers.",
    discussion: """
      Without a file it runs with Condor's defaults and environment variables (POSTGRES_*, \
      MODEL_RUNNER_NODE_HOST, MODEL_RUNNER_NODE_PORT). Changes of prediction_configs take effect \
      at the next tick. SIGTERM or Ctrl-C ends it within 10 s; a round that is open is recorded.

      One worker plays each part of a game: a second one waits, says for whom, and takes over when \
      the first ends. --shard 1/3, 2/3 and 3/3 share the models among three workers \
      (docs/sharding.md).
      """)

  @OptionGroup var options: WorkerOptions

  @Flag(help: "Load prices, tick, run every due group once, store, exit.")
  var once = false

  @Option(
    help: ArgumentHelp(
      "The part of the models that this worker serves: the i-th of n, 1/1 for all of them.",
      discussion: "Every worker of a game must have the same n, at most 1000. Models are shared "
        + "out by their ids, so that each belongs to exactly one part.", valueName: "i/n"))
  var shard: String?

  @Option(
    help: ArgumentHelp(
      "The file of the token that the orchestrator asks of those who report models.",
      valueName: "file"), completion: .file())
  var orchestratorTokenFile: String?

  @Option(
    help: ArgumentHelp(
      "Secure mode: the folder with ca.crt, tls.crt and tls.key (docs/identity.md).",
      valueName: "folder"), completion: .directory)
  var tlsDir: String?

  @Option(
    help: ArgumentHelp("Gateway mode: the coordinator's RSA key, PEM.", valueName: "file"),
    completion: .file())
  var gatewayKey: String?

  @Option(
    help: ArgumentHelp(
      "Gateway mode: the CAs to trust instead of the system's, PEM.", valueName: "file"),
    completion: .file())
  var ca: String?

  func run() async throws {
    try await reportingFailures(program: "predict-worker") {
      let environment = ProcessInfo.processInfo.environment
      let settings = try readSettings(environment)
      if options.check { return try await PredictCheck(settings).run() }
      HeapPolicy.keepFreedMemory()
      let logger = options.startLogging(
        program: "predict-worker", format: settings.log.logFormat, level: settings.log.logLevel)
      try await PredictWorkerRun(settings, environment, logger, once: once).run()
    }
  }

  private func readSettings(_ environment: [String: String]) throws -> GameConfiguration {
    let given = [
      ("predict.shard", "--shard", shard), ("tls.dir", "--tls-dir", tlsDir),
      ("gateway.key", "--gateway-key", gatewayKey), ("gateway.ca", "--ca", ca),
      ("orchestrator.token_file", "--orchestrator-token-file", orchestratorTokenFile),
    ]
    let flags = given.compactMap { path, name, value in
      value.map { SettingFlag(path: path, name: name, value: $0) }
    }
    do {
      return try GameConfiguration.load(
        path: options.config, environment: environment, flags: flags)
    } catch {
      let problems = error.problems.map(\.description)
      throw StartFailure(
        problems.first ?? "\(error)", furtherProblems: Array(problems.dropFirst()),
        exitCode: .wrongConfiguration)
    }
  }
}

extension LogSettings {
  var logFormat: LogFormat { LogFormat(rawValue: format.rawValue) ?? .text }
  var logLevel: LogLevel { LogLevel(rawValue: level.rawValue) ?? .info }
}
