import ArgumentParser
import Benchmarking
import GatewayTestSupport

/// The parameters of a scenario; what is left out has the scenario's own default.
struct BenchOptions: ParsableArguments {
  @Option(help: ArgumentHelp("How many simulated models.", valueName: "n")) var models: Int?
  @Option(help: ArgumentHelp("The size of an answer, bytes.", valueName: "n")) var replyBytes: Int?
  @Option(help: ArgumentHelp("tick-history: the size of the tick, bytes.", valueName: "n"))
  var argBytes: Int?
  @Option(
    help: ArgumentHelp(
      "How long models think: fixed:MS or lognormal:MU,SIGMA. (default: fixed:0)",
      valueName: "distribution"))
  var delayMs: String?
  @Option(help: ArgumentHelp("The share of models that fail, 0 to 1.", valueName: "share"))
  var failFraction: Double?
  @Option(help: ArgumentHelp("The share of models that never answer.", valueName: "share"))
  var hangFraction: Double?
  @Option(help: ArgumentHelp("The share of models that break the connection.", valueName: "share"))
  var resetFraction: Double?
  @Option(
    help: ArgumentHelp("The share of calls, over all models, that go wrong.", valueName: "share"))
  var faultRate: Double?
  @Option(help: ArgumentHelp("Our client's loop threads. (default: 1)", valueName: "n"))
  var loops: Int?
  @Flag(help: "Models and client prove themselves over mutual TLS.") var secure = false
  @Option(
    help: ArgumentHelp(
      "Open loop: rounds (report: requests) a second; latencies count from the scheduled start.",
      valueName: "n"))
  var rate: Double?
  @Option(help: ArgumentHelp("Measured rounds of a run.", valueName: "n")) var rounds: Int?
  @Option(
    help: ArgumentHelp("end-to-end, soak, report: how long a run lasts.", valueName: "time"))
  var duration: TimeArgument?
  @Option(help: ArgumentHelp("Rounds before the measured ones, not counted.", valueName: "n"))
  var warmup: Int?
  @Option(help: ArgumentHelp("Runs of each candidate, in turn.", valueName: "n")) var runs: Int?
  @Option(help: ArgumentHelp("The deadline of a round.", valueName: "time"))
  var timeout: TimeArgument?
  @Option(help: ArgumentHelp("report: connections. (default: 8)", valueName: "n"))
  var connections: Int?
  @Option(help: ArgumentHelp("Decides who misbehaves and what is stored.", valueName: "n"))
  var seed: UInt64 = 1

  /// The scenario with these parameters.
  func plan(_ scenario: Scenario) -> BenchPlan {
    var plan = BenchPlan(scenario)
    func take<Value>(_ value: Value?, _ path: WritableKeyPath<BenchPlan, Value>) {
      if let value { plan[keyPath: path] = value }
    }
    take(models, \.models)
    take(replyBytes, \.replyBytes)
    take(argBytes, \.argumentBytes)
    take(delayMs, \.delay)
    take(failFraction, \.failFraction)
    take(hangFraction, \.hangFraction)
    take(resetFraction, \.resetFraction)
    take(faultRate, \.faultRate)
    take(loops, \.loops)
    take(rounds, \.rounds)
    take(warmup, \.warmup)
    take(runs, \.runs)
    take(connections, \.connections)
    take(timeout.map { $0.duration.inSeconds * 1_000 }, \.timeoutMillis)
    take(duration.map(\.duration.inSeconds), \.seconds)
    if let rate { plan.rate = rate }
    plan.isSecure = secure
    plan.seed = seed
    return plan
  }

  /// - Throws: `ValidationError` that names the first wrong parameter.
  func check(_ scenario: Scenario) throws {
    if let delayMs, DelayDistribution(text: delayMs) == nil {
      throw ValidationError(
        "--delay-ms: must be fixed:MS or lognormal:MU,SIGMA, got \"\(delayMs)\"")
    }
    if let problem = plan(scenario).problem { throw ValidationError(problem) }
    if secure, [.store, .score, .report].contains(scenario) {
      throw ValidationError("--secure: \(scenario.rawValue) calls no models")
    }
  }
}
