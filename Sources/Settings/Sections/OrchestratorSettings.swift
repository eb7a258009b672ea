/// Where the orchestrator's WebSocket listens (`orchestrator`).
public struct OrchestratorSettings: Hashable, Sendable {
  /// Host name or address. Default `localhost`; environment `MODEL_RUNNER_NODE_HOST`.
  public var host = "localhost"
  /// TCP port. Default 9091; environment `MODEL_RUNNER_NODE_PORT`.
  public var port: UInt16 = 9_091
  /// The file of the token that the orchestrator asks of those who report models. Default none.
  public var tokenFile: String?

  /// The default settings.
  public init() {}

  static func read(_ section: SettingSection) -> OrchestratorSettings {
    var settings = OrchestratorSettings()
    settings.host = section.text("host", default: settings.host)
    settings.port = section.port("port", default: settings.port)
    settings.tokenFile = section.optionalText("token_file")
    return settings
  }
}
