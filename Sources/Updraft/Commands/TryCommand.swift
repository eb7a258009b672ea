import ArgumentParser
import Competition
import Foundation
import Orchestration
import PriceFeed
import ServiceRuntime
import Settings
import Storage

/// `updraft try`: one participant, tried as the game would play it, without database and network.
struct TryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "try",
    abstract: "Try a participant's model on this machine, without a database.",
    discussion: """
      Starts the model as model-orchestrator does (its Python environment, crunch-model-runner), \
      sends it generated prices, asks it to predict, checks each answer as storage would, and \
      scores it on what the generated prices do next. Everything is stopped at the end.

      The game's rules come from the nearest game.yml above the model, the packages of its \
      environment from the orchestrator.yml beside that; else from Condor's defaults. Without \
      --horizon, Condor's questions are asked: a day in steps of 5 min, and an hour in minutes.

      The baseline is a normal density as wide as the history was, around "no change". \
      Times are seconds or have a unit: 60, 200ms, 5m.

      Exits 1 when the model would not do in a game, and shows what it wrote.

      EXAMPLE: updraft try models/gaussian --asset BTC --horizon 10 --step 2
      """)

  @Argument(
    help: ArgumentHelp(
      "The model: its folder, main.py in it, or a notebook (.ipynb).", valueName: "path"),
    completion: .file())
  var path: String

  @Option(
    help: ArgumentHelp("The game's configuration file.", valueName: "game.yml"),
    completion: .file(extensions: ["yml", "yaml"]))
  var config: String?
  @Option(
    help: ArgumentHelp(
      "The orchestrator's configuration file: how models are started.",
      valueName: "orchestrator.yml"), completion: .file(extensions: ["yml", "yaml"]))
  var orchestratorConfig: String?
  @Option(
    help: ArgumentHelp(
      "The full name of the models' base class (default: the game's).", valueName: "class"))
  var baseClass: String?
  @Option(
    name: .customLong("package"),
    help: ArgumentHelp(
      "A package for the model's environment, or a package's folder; repeatable.",
      valueName: "package"))
  var packages: [String] = []

  @Option(help: ArgumentHelp("An asset to ask for; repeatable (default: Condor's four)."))
  var asset: [String] = []
  @Option(help: ArgumentHelp("How far ahead is asked; needs --step.", valueName: "time"))
  var horizon: TimeArgument?
  @Option(help: ArgumentHelp("The distance of two forecast points.", valueName: "time"))
  var step: TimeArgument?
  @Option(help: ArgumentHelp("How often everything is asked.", valueName: "n")) var rounds = 3
  @Option(help: "Selects the prices: the same seed gives the same.") var seed: UInt64 = 1
  @Option(help: ArgumentHelp("When the first round is, UTC.", valueName: "time"))
  var at = InstantArgument(UTCTime(secondsSinceEpoch: 1_767_571_200))
  @Option(
    help: ArgumentHelp(
      "How long a call may take (default: the game's predict.timeout).", valueName: "time"))
  var timeout: TimeArgument?
  @Flag(help: "A JSON object for each call on a line, then one for all.") var json = false

  func validate() throws {
    if rounds < 1 || rounds > 1_000 {
      throw ValidationError("--rounds: must be from 1 to 1000, got \(rounds)")
    }
    if (horizon == nil) != (step == nil) {
      throw ValidationError("--horizon, --step: one needs the other")
    }
    if let timeout, timeout.duration <= .zero {
      throw ValidationError("--timeout: must be longer than 0")
    }
    if asset.contains("") { throw ValidationError("--asset: must not be empty") }
    if let horizon, let step { _ = try Self.seconds(horizon, step) }
  }

  func run() async throws {
    try await runCommand("try") {
      do {
        let report: any TryReport = json ? JSONTryReport() : TextTryReport()
        try await TryRun(plan: try plan(), report: report).run()
      } catch let fault as ConfigurationFault {
        throw StartFailure("\(fault)", exitCode: .wrongConfiguration)
      }
    }
  }

  private func plan() throws -> TryPlan {
    let submission = try TrySubmission(path)
    let gameFile = config ?? submission.nearest("game.yml")
    var game = try GameConfiguration.load(path: gameFile, environment: ProcessEnvironment.all)
    if let baseClass { game.baseClass = baseClass }
    guard let market = SimulatedMarket(seed: seed) else {
      throw StartFailure("--seed: \(seed) gives no market", exitCode: .validationFailure)
    }
    return TryPlan(
      name: path, submission: submission, game: game, gameFile: gameFile,
      runner: try runner(besides: gameFile), params: try params(), roundCount: rounds,
      firstRoundAt: at.time, market: market,
      timeout: timeout?.duration ?? game.predict.timeout)
  }

  /// How models are started: as the orchestrator's file says, which lies beside the game's.
  private func runner(besides gameFile: String?) throws -> RunnerSettings {
    let beside = gameFile.map {
      URL(fileURLWithPath: $0).deletingLastPathComponent()
        .appendingPathComponent("orchestrator.yml").path
    }
    let environment = ProcessEnvironment.all
    var settings: RunnerSettings
    if let file = orchestratorConfig ?? beside.flatMap(Self.existing) {
      settings = try OrchestratorConfiguration.read(file, environment: environment).runner
    } else {
      settings = try OrchestratorConfiguration.parse(
        "infrastructure: {publishers: [{type: websocket}]}\ncrunches: [{id: none}]",
        file: "orchestrator.yml", environment: environment
      ).runner
    }
    settings.packages += packages.map { name in
      name.contains("/") || name.hasPrefix(".")
        ? URL(fileURLWithPath: name).standardizedFileURL.path : name
    }
    return settings
  }

  private static func existing(_ path: String) -> String? {
    FileManager.default.fileExists(atPath: path) ? path : nil
  }

  /// What is asked, in order.
  private func params() throws -> [PredictionParams] {
    let defaults = PredictionConfigTable.defaults.map(\.params)
    guard let horizon, let step else {
      guard !asset.isEmpty else { return defaults }
      let first = defaults.filter { $0.asset == defaults[0].asset }
      return asset.flatMap { asset in
        first.map {
          PredictionParams(
            asset: asset, horizonSeconds: $0.horizonSeconds, stepSeconds: $0.stepSeconds)
        }
      }
    }
    let times = try Self.seconds(horizon, step)
    let assets =
      asset.isEmpty
      ? defaults.map(\.asset).reduce(into: []) { if !$0.contains($1) { $0.append($1) } } : asset
    return assets.map {
      PredictionParams(asset: $0, horizonSeconds: times.horizon, stepSeconds: times.step)
    }
  }

  private static func seconds(
    _ horizon: TimeArgument, _ step: TimeArgument
  ) throws(ValidationError) -> (horizon: Int, step: Int) {
    let (whole, part) = (horizon.duration.nanoseconds, step.duration.nanoseconds)
    guard part > 0, part % 1_000_000_000 == 0, whole >= part, whole % part == 0,
      whole <= 30 * 86_400 * 1_000_000_000
    else {
      throw ValidationError(
        "--horizon, --step: must be whole seconds, the horizon a multiple of the step and at "
          + "most 30d, got \(horizon) and \(step)")
    }
    return (Int(whole / 1_000_000_000), Int(part / 1_000_000_000))
  }
}
