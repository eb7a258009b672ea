import Competition
import EventLoop
import Glibc
import Logging
import Telemetry

/// Runs one model: does what its `ModelSupervisor` decides, and tells it what happened.
///
/// It ends with `stop`: no process, timer or file is left when its completion is called.
public final class ModelProcess {
  /// The decisions so far.
  public private(set) var supervisor: ModelSupervisor
  private let world: ModelWorld
  private let modelID: ModelID
  private let seedLogger: Logger
  private var events: [ModelEvent] = []
  private var isHandling = false
  private var request: PythonEnvironments.Request?
  private var virtualEnvironment: String?
  private var pass: StartGate.Pass?
  private var child: ChildProcess?
  private var port: UInt16?
  private var health: HealthWatch?
  private var front: FrontProcess?
  private var backoff: LoopTimer?
  private var killer: LoopTimer?
  private var log: ModelLog?
  private var tail = OutputTail()
  private var isSandboxed = false
  private var stopped: (() -> Void)?

  /// Creates the runner of one model; `ask` begins it.
  public init(_ entry: ModelEntry, world: ModelWorld) {
    self.world = world
    modelID = entry.modelID
    supervisor = ModelSupervisor(
      entry, policy: world.policy, seed: .random(in: UInt64.min...UInt64.max))
    var logger = world.logger
    logger[metadataKey: LogKey.model] = "\(entry.modelID)"
    seedLogger = logger
    backoff = LoopTimer(on: world.loop) { [weak self] in self?.handle(.backoffElapsed) }
    killer = LoopTimer(on: world.loop) { [weak self] in self?.kill() }
  }

  /// The process id; nil when there is no process.
  public var processID: Int32? { child?.processID }

  /// Takes what `models.yml` says of the model now; nil when it says nothing any more.
  public func ask(_ entry: ModelEntry?) {
    switch entry?.desiredState {
    case .running: if let entry { handle(.wanted(entry)) }
    case .stopped: handle(.unwanted(reason: "models.yml says STOPPED"))
    case nil: handle(.unwanted(reason: "models.yml doesn't list it any more"))
    }
  }

  /// Takes what `models.yml` says of the model now, when it may not run so.
  public func refuse(_ entry: ModelEntry, because reason: String) {
    let wasRefused = supervisor.refusal == reason
    handle(.refused(entry, reason: reason))
    if !wasRefused, supervisor.phase.isActive {
      seedLogger.warning(
        "another version is refused; the one before goes on",
        metadata: [LogKey.reason: "\(reason)"])
    }
  }

  /// Takes a change of the submission's code.
  public func renew(because reason: String) { handle(.codeChanged(reason: reason)) }

  /// Takes a coordinator's report.
  public func take(_ report: FailureReport) { handle(.reported(report)) }

  /// Ends the model for good; `stopped` is called when nothing of it is left, perhaps at once.
  public func stop(_ stopped: @escaping () -> Void) {
    self.stopped = stopped
    handle(.shutDown)
    finishStop()
  }

  /// Kills the process and all it started without waiting any longer.
  public func kill() {
    guard let child else { return }
    if child.exit == nil { seedLogger.warning("the model ignored SIGTERM and is killed") }
    killNow()
  }

  private func killNow() { child?.send(SIGKILL) }

  private func terminate() {
    if isSandboxed {
      // A sandbox that isn't set up yet has nothing to lose.
      if !world.families.askSandboxToEnd(modelID) { killNow() }
    } else {
      child?.send(SIGTERM)
      // A process that was stopped gets the signal only when it goes on.
      child?.send(SIGCONT)
    }
    front?.terminate()
    killer?.arm(after: world.settings.stopTimeout)
  }

  private func finishStop() {
    guard let stopped, !supervisor.phase.isActive, child == nil else { return }
    self.stopped = nil
    backoff?.close()
    killer?.close()
    (backoff, killer) = (nil, nil)
    log?.close()
    log = nil
    stopped()
  }

  /// Lets the supervisor decide; events that come out of its own actions wait for their turn.
  private func handle(_ event: ModelEvent) {
    events.append(event)
    guard !isHandling else { return }
    isHandling = true
    while !events.isEmpty {
      let (before, reasonBefore) = (supervisor.phase, supervisor.reason)
      let actions = supervisor.handle(events.removeFirst(), at: world.loop.now)
      // A submission in quarantine changes the reason only.
      if supervisor.phase != before || supervisor.reason != reasonBefore { tell(before) }
      if supervisor.phase != .starting, supervisor.phase != .checking { leaveGate() }
      for action in actions { perform(action) }
    }
    isHandling = false
    finishStop()
  }

  private func tell(_ before: ModelPhase) {
    var metadata: Logger.Metadata = [
      LogKey.oldState: "\(before.name)", LogKey.newState: "\(supervisor.phase.name)",
    ]
    if let id = supervisor.deploymentID { metadata[LogKey.deployment] = "\(id)" }
    if let reason = supervisor.reason { metadata[LogKey.reason] = "\(reason)" }
    let level: Logger.Level
    switch supervisor.phase {
    case .waiting, .failed, .refused: level = .warning
    case .running, .stopped: level = .notice
    case .stopping, .preparing, .starting, .checking: level = .info
    }
    seedLogger.log(level: level, "model \(supervisor.phase.name)", metadata: metadata)
  }

  private func perform(_ action: ModelAction) {
    switch action {
    case .prepareEnvironment(let launch): prepare(launch)
    case .cancelEnvironment:
      request?.cancel()
      request = nil
    case .launch(let launch):
      pass = world.gate.enter { [weak self] in self?.start(launch) }
    case .cancelLaunch: leaveGate()
    case .watchHealth(let announced): watchHealth(port ?? announced)
    case .unwatchHealth:
      health?.cancel()
      health = nil
    case .terminate: terminate()
    case .kill: killNow()
    case .armBackoff(let delay):
      seedLogger.debug(
        "next attempt later", metadata: [LogKey.backoffMillis: "\(delay.milliseconds)"])
      backoff?.arm(after: delay)
    case .disarmBackoff: backoff?.disarm()
    case .announce(let entry, let crunchID): world.announce(crunchID, entry)
    }
  }

  /// Asks until the model serves and, when it has a front, that stands as well.
  private func watchHealth(_ port: UInt16) {
    health = HealthWatch(
      port: port, timeout: world.settings.startTimeout, on: world.loop
    ) { [weak self] failure in
      guard let self else { return }
      health = nil
      if let failure { return handle(.healthTimedOut(reason: failure)) }
      guard let front else { return handle(.healthy) }
      front.open(before: port) { [weak self] in
        self?.log?.add("front: \($0)")
      } told: { [weak self] failure in
        self?.handle(failure.map { .frontEnded(reason: $0) } ?? .healthy)
      }
    }
  }

  private func leaveGate() {
    guard let pass else { return }
    self.pass = nil
    world.gate.leave(pass)
  }

  private func prepare(_ launch: ModelLaunch) {
    let folder = world.settings.submissionFolder(launch.submissionID)
    // A native program needs no environment; a missing submission is told by the start.
    guard launch.command == nil, Folder.isFile(folder + "/main.py") else {
      virtualEnvironment = nil
      return handle(.environmentReady)
    }
    request = world.environments.prepare(submissionFolder: folder) { [weak self] result in
      guard let self else { return }
      switch result {
      case .success(let path):
        virtualEnvironment = path
        handle(.environmentReady)
      case .failure(let error): handle(.environmentFailed(reason: "\(error)"))
      }
    }
  }

  private func start(_ launch: ModelLaunch) {
    guard let port = world.ports.take() else {
      let range = world.settings.ports
      return handle(
        .startFailed(
          reason: "no port is free from \(range.lowerBound) to \(range.upperBound)"))
    }
    do {
      let plan = try LaunchPlan(
        launch, of: modelID, port: port, virtualEnvironment: virtualEnvironment,
        settings: world.settings, environment: world.environment)
      front = try world.settings.front.map { try FrontProcess($0, of: modelID, in: world) }
      let log = try openLog()
      let id = DeploymentID.text(modelID, at: .now())
      log.add("--- \(id): \(plan.options.executable) on port \(port) ---")
      let options = plan.confined(by: world.launcher, mark: world.mark.value(id))
      tail = OutputTail()
      child = try ChildProcess.start(options, on: world.loop) { [weak self] line in
        self?.tail.add(line)
        self?.log?.add(line)
      } exited: { [weak self] exit in
        self?.childExited(exit)
      }
      self.port = port
      isSandboxed = plan.isolation == .bubblewrap
      follow(id, plan.isolation)
      handle(.started(deploymentID: id, port: front?.port ?? port))
    } catch {
      world.ports.giveBack(port)
      front?.end {}
      front = nil
      handle(.startFailed(reason: "\(error)"))
    }
  }

  /// Has the model's processes watched.
  private func follow(_ deploymentID: String, _ isolation: Isolation) {
    guard let child else { return }
    let listener = FamilyWatch.Listener(
      exceeded: { [weak self] reason in
        self?.log?.add("--- ended: \(reason) ---")
        self?.handle(.exceeded(reason: reason))
      }, note: { [weak self] text in self?.log?.add("--- \(text) ---") })
    world.families.add(
      modelID, processID: child.processID, deploymentID: deploymentID,
      limits: world.settings.limits, isolation: isolation, listener: listener)
  }

  private func openLog() throws -> ModelLog {
    if let log { return log }
    try Folder.make(world.settings.logsFolder)
    let log = try ModelLog(
      name: modelID.rawValue, folder: world.settings.logsFolder, on: world.loop,
      bytesMax: world.settings.limits.logSizeBytes)
    self.log = log
    return log
  }

  private func childExited(_ exit: ChildExit) {
    // What the model started itself goes with it.
    child?.killGroup()
    child = nil
    world.families.end(modelID)
    killer?.disarm()
    if let port { world.ports.giveBack(port) }
    port = nil
    log?.add("--- \(exit.explained) ---")
    let said = exit.isSuccess ? "" : String(tail.explanation.suffix(300))
    guard let front else { return handle(.exited(exit, said: said)) }
    self.front = nil
    front.end { [weak self] in self?.handle(.exited(exit, said: said)) }
  }
}
