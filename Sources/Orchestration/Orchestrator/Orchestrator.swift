import Competition
public import EventLoop
public import Logging
import Telemetry

/// Runs the models of `models.yml` or of the registry and tells coordinators about them: one of
/// these is the whole orchestrator.
///
/// It may become: created → started → stopping → stopped. Everything happens on its loop.
public final class Orchestrator {
  let configuration: OrchestratorConfiguration
  private let environment: [String: String]
  private let loop: Loop
  let logger: Logger
  let world: ModelWorld
  private(set) var publishers: [FeedPublisher] = []
  private(set) var processes: [ModelID: ModelProcess] = [:]
  /// Processes started, and those of them that weren't a model's first, of models that are gone.
  private(set) var pastStarts = ModelStarts()
  private var watch: FileWatch?
  private var renewals: ModelRenewals?
  /// What `models.yml` said when it last could be read.
  private(set) var listed = ModelManifest()
  /// What was deployed over the API; stays empty without one.
  var book = DeploymentBook()
  private var registry: RegistryWatch?
  private var ownership: OwnershipGate
  private var stopped: (() -> Void)?
  private var leftToStop = 0

  /// Creates an orchestrator; `start` begins.
  ///
  /// - Parameters:
  ///   - configuration: What `orchestrator.yml` says.
  ///   - environment: Our environment variables.
  ///   - launcher: The path of `model-orchestrator`, through which models are started; nil means
  ///     this program.
  ///   - adoptsOrphans: Whether this program was made the parent of what its children leave behind
  ///     (`OwnProcess.adoptOrphans`), and starts children by `ChildProcess` only.
  ///   - loop: The loop that everything runs on.
  ///   - logger: Where it logs.
  public init(
    _ configuration: OrchestratorConfiguration, environment: [String: String],
    launcher: String? = nil, adoptsOrphans: Bool = false, on loop: Loop, logger: Logger
  ) {
    self.configuration = configuration
    self.environment = environment
    self.loop = loop
    self.logger = logger
    ownership = OwnershipGate(configuration.ownership)
    var policy = SupervisionPolicy()
    policy.canPlaceInQuarantine = configuration.canPlaceInQuarantine
    policy.crashesMax = configuration.runner.crashesMax
    world = ModelWorld(
      configuration.runner, policy: policy, environment: environment,
      launcher: launcher ?? Folder.ownProgram(), adoptsOrphans: adoptsOrphans, on: loop,
      logger: logger)
  }

  /// The competitions that models may take part in.
  var crunchIDs: [String] { configuration.crunches.map(\.id) }

  /// The addresses that coordinators connect to.
  public var addresses: [SocketAddress] { publishers.map(\.address) }

  /// How the models are doing, by id.
  public var statuses: [ModelStatus] {
    processes.values.map(ModelStatus.init).sorted { $0.modelID < $1.modelID }
  }

  /// What was last asked of each model, by id.
  var knownEntries: [ModelEntry] {
    processes.values.map(\.supervisor.entry).sorted { $0.modelID < $1.modelID }
  }

  /// Reads the models, listens for coordinators and starts what shall run.
  ///
  /// - Throws: `ConfigurationFault` when `models.yml` can't be used, `EventLoopError` when an
  /// address
  ///   can't be listened on. Nothing is left open then.
  public func start() throws {
    for text in configuration.ignored {
      logger.warning("a setting is ignored", metadata: [LogKey.setting: "\(text)"])
    }
    tellOwnership()
    IsolationAdvice.tell(configuration.runner, logger)
    let manifest = configuration.registry == nil ? try readManifest() : nil
    if manifest != nil, configuration.api != nil { try openBook() }
    followCode()
    do {
      try world.families.begin(configuration)
      for settings in configuration.publishers { publishers.append(try publish(settings)) }
      world.announce = { [weak self] crunchID, entry in
        for publisher in self?.publishers ?? [] { publisher.update(crunchID: crunchID, [entry]) }
      }
      if let settings = configuration.registry { try follow(settings) }
    } catch {
      for publisher in publishers { publisher.close() }
      publishers = []
      world.families.close()
      throw error
    }
    guard let manifest else { return }
    listed = manifest
    applyList()
    watch = FileWatch(
      configuration.modelsFile, every: configuration.watchInterval, on: loop
    ) { [weak self] in self?.followChange() }
  }

  /// Stops everything: coordinators are told, models get SIGTERM and, after their time, SIGKILL.
  ///
  /// - Parameter stopped: Called once, when no process and no connection is left.
  public func stop(_ stopped: @escaping () -> Void) {
    guard self.stopped == nil else { return }
    self.stopped = stopped
    watch?.close()
    watch = nil
    renewals?.close()
    leftToStop = processes.count + 1 + (registry == nil ? 0 : 1)
    registry?.close { [weak self] in self?.oneStopped() }
    for process in processes.values { process.stop { [weak self] in self?.oneStopped() } }
    world.environments.close { [weak self] in self?.oneStopped() }
    for publisher in publishers { publisher.close() }
  }

  private func oneStopped() {
    leftToStop -= 1
    guard leftToStop == 0, let stopped else { return }
    processes = [:]
    registry = nil
    world.families.close()
    stopped()
  }

  private func publish(_ settings: PublisherSettings) throws -> FeedPublisher {
    guard let address = SocketAddress(host: settings.host, port: settings.port) else {
      throw ConfigurationFault(problems: [
        ConfigurationProblem(
          setting: "infrastructure.publishers", text: "\(settings.host) is no numeric address",
          file: configuration.file, line: nil)
      ])
    }
    var options = FeedOptions()
    options.pingInterval = settings.pingInterval
    options.pingTimeout = settings.pingTimeout
    options.token = try settings.readToken(configuration.file)
    let publisher = try FeedPublisher(
      listen: address, loop: loop, logger: logger, options: options)
    for crunch in configuration.crunches { publisher.setModels(crunchID: crunch.id, []) }
    publisher.onFailureReport = { [weak self] _, report in
      self?.processes[report.modelID]?.take(report)
    }
    return publisher
  }

  /// Says at the start whether signatures are checked: it must be no surprise that they aren't.
  private func tellOwnership() {
    if let settings = configuration.ownership {
      return logger.notice(
        "only submissions with a right signature are started",
        metadata: [LogKey.setting: "signature-verifier.public-key \(settings.publicKey.hex)"])
    }
    logger.log(
      level: configuration.registry == nil ? .notice : .warning,
      "submissions' signatures are NOT checked: signature-verifier.public-key isn't set",
      metadata: [LogKey.setting: "signature-verifier"])
  }

  private func follow(_ settings: RegistrySettings) throws(EventLoopError) {
    registry = try RegistryWatch(
      settings, crunches: configuration.crunches, every: configuration.watchInterval, on: loop,
      logger: logger
    ) { [weak self] manifest in self?.apply(manifest) }
  }

  private func readManifest() throws(ConfigurationFault) -> ModelManifest {
    try ModelManifest.read(
      configuration.modelsFile, crunchIDs: Set(configuration.crunches.map(\.id)),
      environment: environment)
  }

  private func followChange() {
    do {
      let manifest = try readManifest()
      logger.notice(
        "models.yml has changed", metadata: [LogKey.models: "\(manifest.entries.count)"])
      listed = manifest
      applyList()
    } catch {
      logger.error(
        "models.yml can't be used and is left aside; the models go on as they were",
        metadata: [LogKey.reason: "\(error)"])
    }
  }

  /// Does what the lists ask for now: `models.yml` and, over it, what was deployed over the API.
  func applyList() {
    let (list, forgotten) = book.merge(into: listed)
    if !forgotten.isEmpty {
      logger.notice(
        "models.yml was edited: what the API had changed of these entries doesn't hold any more",
        metadata: [LogKey.models: "\(forgotten.map(\.rawValue).joined(separator: ", "))"])
      keepBook()
    }
    apply(list)
  }

  /// Restarts models whose code changes, but those whose submissions come from the registry.
  private func followCode() {
    let mode = configuration.registry == nil ? RebuildMode.ifCodeModified : .disabled
    renewals = ModelRenewals(
      in: world, mode: configuration.runner.rebuild ?? mode, every: configuration.watchInterval
    ) { [weak self] id, reason in self?.processes[id]?.renew(because: reason) }
  }

  private func apply(_ manifest: ModelManifest) {
    for problem in manifest.problems {
      logger.warning("the list of models has a problem", metadata: [LogKey.reason: "\(problem)"])
    }
    for entry in manifest.entries {
      if entry.desiredState == .running, let why = ownership.refusal(of: entry, at: .now()) {
        process(of: entry).refuse(entry, because: why)
      } else {
        process(of: entry).ask(entry)
      }
    }
    let listed = Set(manifest.entries.map(\.modelID)).union(manifest.skippedIDs)
    for id in processes.keys.sorted() where !listed.contains(id) { drop(id) }
    renewals?.follow(manifest.entries, keeping: manifest.skippedIDs)
    ownership.keepOnly(Set(processes.keys))
  }

  /// A model that isn't listed any more. The registry stops models by their state, so there one
  /// that is merely missing from an answer goes on.
  private func drop(_ id: ModelID) {
    guard let process = processes[id] else { return }
    guard configuration.registry == nil else {
      return logger.warning(
        "the registry doesn't list a model any more; it goes on as it was",
        metadata: [LogKey.model: "\(id)"])
    }
    process.ask(nil)
    if !process.supervisor.phase.isActive {
      process.stop {}
      pastStarts.add(process.supervisor.startCount)
      processes[id] = nil
    }
  }

  private func process(of entry: ModelEntry) -> ModelProcess {
    if let process = processes[entry.modelID] { return process }
    let process = ModelProcess(entry, world: world)
    processes[entry.modelID] = process
    return process
  }
}
