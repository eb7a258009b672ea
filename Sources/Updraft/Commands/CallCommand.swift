public import ArgumentParser
import Competition
import Settings
import ModelRunner
import PredictSetup
public import Resilience
import ServiceRuntime
import Telemetry

/// `updraft call`: one method on every model, as the predict worker calls it.
struct CallCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "call",
    abstract: "Call a method on every running model.",
    discussion: """
      Connects to an orchestrator like the predict worker does; prints a line for each round and \
      model, then a summary. Ctrl-C ends after the current round, twice at once.

      An ARG is typed: BTC or s:BTC is a string, i:3600 an INT, d:1.5 a DOUBLE, j:{"a":1} JSON and \
      @file JSON from a file; name=ARG is a keyword argument. Times are seconds or have a \
      unit: 60, 200ms, 5m.

      Exits 1 when no model was called in any round, 69 when there is no orchestrator.

      EXAMPLE: updraft call predict BTC i:3600 i:60 --crunch condorgame --timeout 5
      """)

  @Argument(help: "The method's name.") var method: String
  @Argument(help: ArgumentHelp("Its arguments.", valueName: "ARG")) var arguments: [String] = []
  @Option(
    help: ArgumentHelp(
      """
      More arguments from a JSON file: {"args": […], "kwargs": {…}}. Each value is sent as JSON, \
      positional ones after the ARGs.
      """, valueName: "file"), completion: .file(extensions: ["json"]))
  var argsJson: String?

  @Option(help: ArgumentHelp("Where the orchestrator listens.", valueName: "host:port"))
  var orchestrator = Endpoint(host: "localhost", port: 9_091)
  @Option(
    help: ArgumentHelp(
      "The file of the token that the orchestrator asks of those who report models.",
      valueName: "file"), completion: .file())
  var orchestratorTokenFile: String?
  @Option(help: ArgumentHelp("The competition's id.", valueName: "id")) var crunch: String
  @Option(help: ArgumentHelp("The full name of the models' base class.", valueName: "class"))
  var baseClass = "condorgame.tracker.TrackerBase"
  @Option(
    help: ArgumentHelp("An argument of the models' constructor; repeatable.", valueName: "ARG"))
  var instanceArg: [String] = []
  @Option(help: ArgumentHelp("How long to wait for models at the start.", valueName: "time"))
  var connectWait = TimeArgument(.seconds(10))

  @Option(help: ArgumentHelp("How many rounds; 0 for no end.", valueName: "n")) var rounds = 1
  @Option(
    help: ArgumentHelp("From the start of one round to the next one's.", valueName: "time"))
  var interval = TimeArgument(.zero)
  @Flag(help: "A round that comes late doesn't shift the later ones; --json tells late_ms.")
  var openLoop = false
  @Option(
    help: ArgumentHelp("Loops that share the models, 1 to 64 (predict.loops).", valueName: "n"))
  var loops = 1
  @Option(help: ArgumentHelp("The deadline of a round.", valueName: "time"))
  var timeout = TimeArgument(.seconds(60))
  @Option(help: "The circuit breaker's rules.") var breaker = BreakerPolicy.fair
  @Option(help: ArgumentHelp("Failures in a row that are allowed; 0: any.", valueName: "n"))
  var maxFailures = 100
  @Option(help: ArgumentHelp("Timeouts in a row that are allowed; 0: any.", valueName: "n"))
  var maxTimeouts = 100
  @Flag(help: "Don't report bad models to the orchestrator.") var noReport = false

  @OptionGroup var proof: ProofOptions

  @Flag(
    inversion: .prefixedNo,
    help: """
      Check each JSON answer while the round waits, as the Python client does. Without it \
      answers are taken as they came, as predict-worker does, whose storage checks them. \
      (default: with --values and with --breaker compatible)
      """)
  var check: Bool?

  @Flag(help: "With --json: the results of each model, too.") var results = false
  @Flag(help: "What the models returned, too; implies --results.") var values = false
  @Flag(help: "A JSON object for each round on a line, then one for the summary.") var json = false

  func validate() throws {
    func refuse(_ option: String, _ reason: String) -> ValidationError {
      ValidationError("--\(option): \(reason)")
    }
    if method.isEmpty { throw ValidationError("METHOD: must not be empty") }
    if crunch.isEmpty { throw refuse("crunch", "must not be empty") }
    if rounds < 0 { throw refuse("rounds", "must be 0 or more, got \(rounds)") }
    if !(1...64).contains(loops) { throw refuse("loops", "must be from 1 to 64, got \(loops)") }
    if timeout.duration <= .zero { throw refuse("timeout", "must be longer than 0") }
    if openLoop, interval.duration <= .zero { throw refuse("open-loop", "needs --interval") }
    if maxFailures < 0 { throw refuse("max-failures", "must be 0 or more, got \(maxFailures)") }
    if maxTimeouts < 0 { throw refuse("max-timeouts", "must be 0 or more, got \(maxTimeouts)") }
  }

  func run() async throws {
    try await runCommand("call") {
      let call = try CallArguments.encode(method, texts: arguments, jsonFile: argsJson)
      DescriptorLimit.raise()
      HeapPolicy.keepFreedMemory()
      var plan = CallPlan(call: call, timeout: timeout.duration)
      plan.rounds = rounds == 0 ? nil : rounds
      plan.interval = interval.duration
      plan.isOpenLoop = openLoop
      plan.connectWait = connectWait.duration
      LogSetup.start(format: json ? .json : .text, level: json ? .warning : .notice)
      let report: any CallReport =
        json
        ? JSONCallReport(showsResults: results || values, showsValues: values)
        : TextCallReport(showsValues: values)
      let access = try await ModelAccess.open(proof.settings, logger: .call)
      let options = try clusterOptions(access)
      let run = CallRun(plan: plan, options: options, access: access, report: report)
      let result = await Task { try await run.run() }.result
      await access.close()
      try result.get()
    }
  }

  private func clusterOptions(_ access: ModelAccess) throws(StartFailure) -> ClusterOptions {
    var options = ClusterOptions(crunchID: crunch, baseClass: baseClass, logger: .call)
    options.security = access.security
    options.orchestratorHost = orchestrator.host
    options.orchestratorPort = orchestrator.port
    var place = OrchestratorSettings()
    place.tokenFile = orchestratorTokenFile
    options.orchestratorAuthorization = try place.readAuthorization()
    options.instanceArguments = try CallArguments.read(instanceArg)
    options.loopCount = loops
    options.breakerPolicy = breaker
    options.breaker = BreakerSettings(failuresMax: maxFailures, timeoutsMax: maxTimeouts)
    options.reportsFailures = !noReport
    options.checksReplies = check ?? (values || breaker == .compatible)
    return options
  }
}

extension BreakerPolicy: ExpressibleByArgument {}
