import ArgumentParser
import Competition
import GatewayTestSupport
import Logging
import ServiceRuntime
import Telemetry

/// `updraft fleet`: simulated models, and an orchestrator's feed that names them.
struct FleetCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fleet",
    abstract: "Run simulated models, and an orchestrator that names them, in one process.",
    discussion: """
      Every model listens on a port of its own, from --port upwards, and answers tick, predict and \
      the health service like a real one. A share of them can misbehave; who does is decided by \
      --seed. Stop it with Ctrl-C.
      """)

  @Option(help: "How many models.")
  var models: Int

  @Option(help: "The first model's port; the others follow. 0 takes any free ones.")
  var port: UInt16

  @Option(name: .customLong("orchestrator-port"), help: "The port of the orchestrator's feed.")
  var orchestratorPort: UInt16 = 9_091

  @Flag(name: .customLong("no-orchestrator"), help: "Serve the models only.")
  var noOrchestrator = false

  @Option(help: "The competition that the feed is for.")
  var crunch = "condorgame"

  @Option(
    name: .customLong("delay-ms"),
    help: "How long models think: fixed:MS, or lognormal:MU,SIGMA (exp(MU + SIGMA·z) ms).",
    transform: { text in
      guard let delay = DelayDistribution(text: text) else {
        throw ValidationError("must be fixed:MS or lognormal:MU,SIGMA, got \"\(text)\"")
      }
      return delay
    })
  var delay = DelayDistribution.fixed(milliseconds: 0)

  @Option(
    name: .customLong("reply-bytes"),
    help: "Pad every prediction to this size, for example 55000; default: what the densities take.")
  var replyBytes: Int?

  @Option(name: .customLong("id-prefix"), help: "The model ids are this prefix and a number.")
  var idPrefix = "sim-"

  @Option(name: .customLong("fail-fraction"), help: "The share whose calls fail, 0 to 1.")
  var fail = 0.0
  @Option(name: .customLong("hang-fraction"), help: "The share that never answers.")
  var hang = 0.0
  @Option(name: .customLong("nan-fraction"), help: "The share that predicts NaN.")
  var nan = 0.0
  @Option(name: .customLong("reset-fraction"), help: "The share that breaks the connection.")
  var reset = 0.0
  @Option(name: .customLong("garbage-fraction"), help: "The share that sends no HTTP/2.")
  var garbage = 0.0
  @Option(name: .customLong("oversize-fraction"), help: "The share whose answers are too large.")
  var oversize = 0.0
  @Option(name: .customLong("refuse-fraction"), help: "The share that refuses connections.")
  var refuse = 0.0
  @Option(name: .customLong("flap-fraction"), help: "The share that hangs up after every call.")
  var flap = 0.0

  @Option(name: .customLong("setup-hang-fraction"), help: "The share that never answers Setup.")
  var setupHang = 0.0

  @Option(
    name: .customLong("fault-rate"),
    help: "The share of all calls that fail, hang or break the connection, at random, 0 to 1.")
  var faultRate = 0.0

  @Option(
    help: ArgumentHelp(
      """
      What every model does, call by call, such as "call 1-3 model-failed"; see the scripts in \
      Tests/Python/parity.
      """, valueName: "file"), completion: .file())
  var script: String?

  @Option(help: "Decides who misbehaves and how long each model thinks.")
  var seed: UInt64 = 1

  @Option(
    help: ArgumentHelp(
      "The folder of an authority (updraft keys ca): the models serve over mutual TLS.",
      discussion: "What they prove themselves with is made in its subfolder fleet.",
      valueName: "folder"), completion: .directory)
  var tlsDir: String?

  private var fractions: [ModelBehavior: Double] {
    [
      .failing: fail, .hanging: hang, .nan: nan, .resetting: reset, .garbage: garbage,
      .oversized: oversize, .refusing: refuse, .flapping: flap, .setupHanging: setupHang,
    ]
  }

  func validate() throws {
    guard (1...20_000).contains(models) else {
      throw ValidationError("--models: must be from 1 to 20000, got \(models)")
    }
    guard port == 0 || Int(port) + models <= 32_768 else {
      throw ValidationError(
        "--port: \(models) models need the ports \(port)…\(Int(port) + models - 1), and those from "
          + "32768 on belong to the system; start lower")
    }
    guard fractions.values.allSatisfy({ (0...1).contains($0) }),
      fractions.values.reduce(0, +) <= 1 + 1e-9
    else { throw ValidationError("--…-fraction: each from 0 to 1, and together at most 1") }
    guard (0...1).contains(faultRate) else {
      throw ValidationError("--fault-rate: must be from 0 to 1, got \(faultRate)")
    }
    if let replyBytes, !(1...Limits.replyBytesCeiling).contains(replyBytes) {
      throw ValidationError(
        "--reply-bytes: must be from 1 to \(Limits.replyBytesCeiling), got \(replyBytes)")
    }
  }

  func run() async throws {
    LogSetup.start(format: .text, level: .warning)
    DescriptorLimit.raise()
    let stop = StopSignals()
    var options = FleetOptions(modelCount: models, basePort: port)
    options.delay = delay
    options.replyBytes = replyBytes
    options.fractions = fractions
    options.faultRate = faultRate
    options.seed = seed
    options.idPrefix = idPrefix
    options.scripts = try scripts()
    if let tlsDir { options.identity = try FleetSecurity.make(authority: tlsDir) }
    let fleet: SimulatedFleet
    do {
      fleet = try await SimulatedFleet.start(options)
    } catch {
      throw StartFailure(
        "the fleet can't start: \(error)",
        remedy: "choose another --port, or raise the limit of open files (ulimit -n)",
        exitCode: .unavailable)
    }
    if noOrchestrator {
      announce(fleet, feed: "no orchestrator")
      await stop.wait()
    } else {
      try await publish(fleet, until: stop)
    }
    await fleet.stop()
  }

  private func scripts() throws(StartFailure) -> [Int: FaultScript] {
    guard let script else { return [:] }
    do {
      let read = try FaultScript(try TextFile.read(path: script))
      return Dictionary(uniqueKeysWithValues: (0..<models).map { ($0, read) })
    } catch {
      throw StartFailure("--script \(script): \(error)", exitCode: .validationFailure)
    }
  }

  private func publish(_ fleet: SimulatedFleet, until stop: StopSignals) async throws {
    let orchestrator: SimulatedOrchestrator
    do {
      orchestrator = try await SimulatedOrchestrator.start(
        crunchID: crunch, models: fleet.models, port: orchestratorPort,
        logger: Logger(label: "fleet"))
    } catch {
      await fleet.stop()
      throw StartFailure(
        "the orchestrator's feed can't start: \(error)",
        remedy: "choose another --orchestrator-port", exitCode: .unavailable)
    }
    announce(fleet, feed: "orchestrator ws://127.0.0.1:\(orchestrator.port)/\(crunch)")
    await stop.wait()
    for report in orchestrator.reports {
      say("reported \(report.modelID): \(report.code.rawValue)")
    }
    await orchestrator.stop()
  }

  private func announce(_ fleet: SimulatedFleet, feed: String) {
    let ports = fleet.models.map(\.port)
    let span = "\(ports.min() ?? 0)…\(ports.max() ?? 0)"
    say("\(fleet.models.count) models on ports \(span), \(feed)")
  }

  private func say(_ line: String) { LogSink.standardError.write("fleet: \(line)\n") }
}
