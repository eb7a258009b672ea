public import Competition
import Yams

/// `game.yml`: one file that all programs of a game share, validated as a whole by each of them.
///
/// A value is taken from the first that gives it: command-line flag, environment, file, default.
/// (`database.url` is the exception: where it is given, the `POSTGRES_*` variables are not used.)
public struct GameConfiguration: Hashable, Sendable {
  /// The competition's name. Default `condorgame`.
  public var crunchID = "condorgame"
  /// The full name of the models' Python base class. Default Condor's.
  public var baseClass = "condorgame.tracker.TrackerBase"
  /// What the base class is created with. Default nothing.
  public var instanceArguments: [CallArgument] = []
  /// `orchestrator`.
  public var orchestrator = OrchestratorSettings()
  /// `database`.
  public var database = DatabaseSettings()
  /// `prices`.
  public var prices = PriceSettings()
  /// `predict`.
  public var predict = PredictSettings()
  /// `limits`.
  public var limits = Limits()
  /// `spool`.
  public var spool = SpoolSettings()
  /// `tls` and `gateway`.
  public var security = SecuritySettings()
  /// `score`.
  public var score = ScoreSettings()
  /// `retention`.
  public var retention = RetentionSettings()
  /// `report`.
  public var report = ReportSettings()
  /// The predict worker's file of Prometheus text, rewritten every 5 s. Default none.
  public var metricsFile: String?
  /// The score worker's, beside it: `metrics-score.prom` for `metrics.prom`.
  public var scoreMetricsFile: String? {
    metricsFile.map { path in
      let name = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
      let end = path[name...].lastIndex(of: ".") ?? path.endIndex
      return path[..<end] + "-score" + path[end...]
    }
  }
  /// `log`.
  public var log = LogSettings()

  /// Condor's defaults.
  public init() {}

  /// Reads the file, if there is one, with what the environment and the flags override.
  ///
  /// - Parameters:
  ///   - path: The file; nil for the defaults.
  ///   - environment: The process's environment.
  ///   - flags: The command line's values for settings.
  /// - Returns: The checked settings.
  /// - Throws: `ConfigurationError` with every problem of the file, the environment and the flags.
  public static func load(
    path: String?, environment: [String: String], flags: [SettingFlag] = []
  ) throws(ConfigurationError) -> GameConfiguration {
    var yaml = ""
    if let path {
      do {
        yaml = try TextFile.read(path: path)
      } catch {
        throw ConfigurationError([
          SettingProblem(path: "", reason: "\(path) \(error.reason); check --config", origin: nil)
        ])
      }
    }
    return try parse(yaml: yaml, file: path ?? "", environment: environment, flags: flags)
  }

  /// Reads the text of a file; like `load` otherwise.
  public static func parse(
    yaml: String, file: String, environment: [String: String] = [:], flags: [SettingFlag] = []
  ) throws(ConfigurationError) -> GameConfiguration {
    let sources = SettingSources(fileName: file, environment: environment, flags: flags)
    let root: Node?
    do {
      root = try compose(yaml: yaml)
    } catch {
      throw ConfigurationError([YAMLProblem.describe(error, file: file)])
    }
    let section = SettingSection(path: "", node: root, sources: sources)
    let configuration = read(section)
    section.refuseUnknownKeys()
    guard sources.problems.isEmpty else { throw ConfigurationError(sources.sortedProblems) }
    return configuration
  }

  private static func read(_ root: SettingSection) -> GameConfiguration {
    var game = GameConfiguration()
    game.crunchID = root.text("crunch_id", default: game.crunchID)
    game.baseClass = root.text("base_class", default: game.baseClass)
    game.instanceArguments = readArguments(root)
    game.orchestrator = root.section("orchestrator") { OrchestratorSettings.read($0) }
    game.database = root.section("database") { DatabaseSettings.read($0) }
    game.prices = root.section("prices") { PriceSettings.read($0) }
    game.predict = root.section("predict") { PredictSettings.read($0) }
    game.limits = root.section("limits") { LimitSettings.read($0) }
    game.spool = root.section("spool") { SpoolSettings.read($0) }
    game.security = SecuritySettings.read(root)
    game.score = root.section("score") { ScoreSettings.read($0) }
    game.retention = root.section("retention") { RetentionSettings.read($0) }
    game.report = root.section("report") { ReportSettings.read($0) }
    game.metricsFile = root.optionalText("metrics_file")
    game.log = root.section("log") { LogSettings.read($0) }
    return game
  }

  private static func readArguments(_ root: SettingSection) -> [CallArgument] {
    let key = "instance_args"
    let texts = root.list(key, expected: "a list of arguments such as [BTC, i:3600]") { $0 } ?? []
    do {
      return try ArgumentText.parse(all: texts)
    } catch {
      root.report(key, error.description)
      return []
    }
  }
}
