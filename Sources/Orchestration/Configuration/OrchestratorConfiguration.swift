import Competition
import HTTPClient

/// What `orchestrator.yml` says, defaults filled in and paths made absolute.
///
/// Relative paths in the file are taken from the folder that the file lies in.
public struct OrchestratorConfiguration: Hashable, Sendable {
  /// The file it was read from.
  public var file: String
  /// `logging.level`; nil when the file doesn't say.
  public var logLevel: LoggingLevel?
  /// Where the list of running models is published; at least one.
  public var publishers: [PublisherSettings]
  /// How models are started.
  public var runner: RunnerSettings
  /// How often `models.yml` is looked at, or the registry asked. Default 10 s.
  public var watchInterval: Duration
  /// The file that lists the models.
  public var modelsFile: String
  /// The registry that lists the models, instead of the file; nil means the file.
  public var registry: RegistrySettings?
  /// Whose signatures submissions must carry; nil means that none are checked.
  public var ownership: OwnershipSettings?
  /// How models are deployed over HTTP; nil means not at all.
  public var api: APISettings?
  /// The competitions whose models are run; at least one.
  public var crunches: [CrunchSettings]
  /// Whether a submission that was reported as faulty is kept from starting again. Default true.
  public var canPlaceInQuarantine: Bool
  /// The file that metrics are written to; nil means none.
  public var metricsFile: String?
  /// The settings of the file that have no effect here, each with its reason; to be said once.
  public var ignored: [String]
}

extension OrchestratorConfiguration {
  /// Where the list of models comes from, for people: a path, or an address without secrets.
  public var modelsSource: String {
    registry.map { HTTPFetcher.publicAddress(of: $0.url) } ?? modelsFile
  }
}

/// The levels that `logging.level` may have.
public enum LoggingLevel: String, Hashable, Sendable, CaseIterable {
  /// From the finest to the most severe, in the Python orchestrator's words.
  case trace, debug, info, warn, warning, error, critical
}

/// One WebSocket publisher.
public struct PublisherSettings: Hashable, Sendable {
  /// The numeric address to listen on. Default 127.0.0.1.
  public var host: String
  /// The port to listen on. Default 9091; 0 lets the system choose.
  public var port: UInt16
  /// How often a client is pinged; nil means never. Default 20 s.
  public var pingInterval: Duration?
  /// How long a client may leave a ping unanswered. Default 20 s.
  public var pingTimeout: Duration
  /// The file of the token that whoever reports a model must show; nil means that only this
  /// machine's programs may report.
  public var tokenFile: String?

  /// Creates settings with the defaults for what isn't given.
  public init(
    host: String = "127.0.0.1", port: UInt16 = 9_091, pingInterval: Duration? = .seconds(20),
    pingTimeout: Duration = .seconds(20)
  ) {
    self.host = host
    self.port = port
    self.pingInterval = pingInterval
    self.pingTimeout = pingTimeout
  }
}

/// One competition.
public struct CrunchSettings: Hashable, Sendable {
  /// The identifier that clients name in the path and models in `crunch_id`.
  public var id: String
  /// The name for people.
  public var name: String
  /// The name that the registry knows it by.
  public var onchainName: String

  /// Creates a competition; the name defaults to the identifier, the name on the chain to the name.
  public init(id: String, name: String? = nil, onchainName: String? = nil) {
    self.id = id
    self.name = name ?? id
    self.onchainName = onchainName ?? name ?? id
  }
}

/// How models are started and watched.
public struct RunnerSettings: Hashable, Sendable {
  /// The folder of a submission, with `{id}` for its identifier.
  public var submissionPathFormat = "storage/submissions/{id}"
  /// The folder of a model's resources, with `{id}` for their identifier.
  public var resourcePathFormat = "storage/models/{id}"
  /// What pip installs into every environment besides the submission's own requirements: names with
  /// versions, or absolute paths of folders.
  public var packages = [RunnerSettings.runnerPackage]
  /// The Python interpreter that environments are made with: a name on the `PATH`, or a path.
  public var python = "python3"
  /// The folder of the models' log files.
  public var logsFolder = "logs"
  /// The folder that a model with limits has for its own files, with `{id}` for the model.
  public var homePathFormat = "storage/homes/{id}"
  /// The file that names the processes that run, for a start after a crash; the form puts it into
  /// the folder of the logs.
  public var processesFile = ""
  /// The folder of `orchestrator.yml`, which sandboxed models don't see.
  public var baseFolder = "."
  /// How far models are kept from the machine and from each other.
  public var isolation = Isolation.limits
  /// What each of them may use.
  public var limits = ModelLimits()
  /// Whom models and pip run as; nil means the orchestrator's own user.
  public var user: ModelUser?
  /// Crashes in a row after which a submission is put in quarantine; nil means never.
  public var crashesMax: Int?
  /// The folder below which virtual environments are kept.
  public var environmentsFolder = "environments"
  /// The ports that models listen on. Below 32768, where the system takes the ports of outgoing
  /// connections from.
  public var ports: ClosedRange<UInt16> = 20_000...29_999
  /// How long an environment may take to be built.
  public var environmentTimeout: Duration = .seconds(900)
  /// How long a model may take from its start until its health check answers.
  public var startTimeout: Duration = .seconds(60)
  /// How long a model may take from SIGTERM to its end before it is killed.
  public var stopTimeout: Duration = .seconds(5)
  /// Models that start at the same time; the others wait for their turn. 8: Python's imports keep a
  /// core busy for a second or two each.
  public var startsMax = 8
  /// What stands before each model; nil means that models are announced themselves.
  public var front: FrontSettings?

  /// What follows a change of a submission's code; nil: `ifCodeModified` for a list in a file,
  /// `disabled` for one of the registry, whose submissions don't change.
  public var rebuild: RebuildMode?

  /// The package that holds the Python model runner.
  public static let runnerPackage = "crunch-model-runner==0.4.2"

  /// The default settings, with paths relative to the working folder.
  public init() {}

  /// The folder of a submission.
  public func submissionFolder(_ id: String) -> String {
    RunnerSettings.fill(submissionPathFormat, with: id)
  }

  /// The folder of a model's resources.
  public func resourceFolder(_ id: String) -> String {
    RunnerSettings.fill(resourcePathFormat, with: id)
  }

  /// The folder of a model's own files.
  public func homeFolder(_ modelID: String) -> String {
    RunnerSettings.fill(homePathFormat, with: modelID)
  }

  private static func fill(_ format: String, with id: String) -> String {
    format.split(separator: "{id}", omittingEmptySubsequences: false).joined(separator: id)
  }
}
