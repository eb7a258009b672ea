import Competition
public import EventLoop
public import Logging

/// What the processes of one orchestrator share.
public final class ModelWorld {
  /// The loop that everything runs on.
  public let loop: Loop
  /// Where state changes are logged.
  public let logger: Logger
  /// How models are started.
  public let settings: RunnerSettings
  /// How patiently they are restarted.
  public let policy: SupervisionPolicy
  /// Our environment variables; children get a chosen part of them.
  public let environment: [String: String]
  /// The Python environments.
  public let environments: PythonEnvironments
  /// The ports.
  public let ports: PortPool
  /// Who may start now.
  public let gate: StartGate
  /// `model-orchestrator` itself, through which models are started.
  let launcher: String
  /// What their processes carry.
  let mark: ProcessMark
  /// Who watches their processes.
  let families: FamilyWatch
  /// Called for each change that coordinators should know, with the model's competition.
  public var announce: (String, FeedEntry) -> Void = { _, _ in }

  /// Creates the world of an orchestrator.
  init(
    _ settings: RunnerSettings, policy: SupervisionPolicy, environment: [String: String],
    launcher: String, adoptsOrphans: Bool, on loop: Loop, logger: Logger
  ) {
    self.launcher = launcher
    mark = ProcessMark(token: settings.processesFile)
    families = FamilyWatch(mark, adoptsOrphans: adoptsOrphans, on: loop, logger: logger)
    self.loop = loop
    self.logger = logger
    self.settings = settings
    self.policy = policy
    self.environment = environment
    environments = PythonEnvironments(
      settings, environment: environment, launcher: launcher, on: loop, logger: logger)
    ports = PortPool(settings.ports, on: loop)
    gate = StartGate(placesMax: settings.startsMax)
  }
}
