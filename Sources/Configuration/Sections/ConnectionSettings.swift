/// Where the orchestrator's WebSocket listens (`orchestrator`).
public struct OrchestratorSettings: Hashable, Sendable {
  /// Host name or address. Default `localhost`; environment `MODEL_RUNNER_NODE_HOST`.
  public var host = "localhost"
  /// TCP port. Default 9091; environment `MODEL_RUNNER_NODE_PORT`.
  public var port: UInt16 = 9_091

  /// The default settings.
  public init() {}

  static func read(_ section: SettingSection) -> OrchestratorSettings {
    var settings = OrchestratorSettings()
    settings.host = section.text("host", default: settings.host)
    settings.port = section.port("port", default: settings.port)
    return settings
  }
}

/// How to reach PostgreSQL (`database`); what is nil is left to libpq's own defaults.
public struct DatabaseSettings: Hashable, Sendable, CustomStringConvertible {
  /// A libpq URL; when given, it is used instead of all the others. Default none.
  public var url: String?
  /// Host name, address or socket folder; environment `POSTGRES_HOST`.
  public var host: String?
  /// TCP port; environment `POSTGRES_PORT`.
  public var port: UInt16?
  /// Role; environment `POSTGRES_USER`.
  public var user: String?
  /// Password; environment `POSTGRES_PASSWORD`. Never logged.
  public var password: String?
  /// Database; environment `POSTGRES_DB`.
  public var name: String?

  /// The default settings.
  public init() {}

  /// The settings without a password, also when the URL holds one.
  public var description: String {
    if url != nil { return "database.url" }
    let target = "\(host ?? "(libpq's host)"):\(port.map(String.init) ?? "(libpq's port)")"
    return "\(user ?? "(libpq's user)")@\(target)/\(name ?? "(libpq's database)")"
  }

  static func read(_ section: SettingSection) -> DatabaseSettings {
    var settings = DatabaseSettings()
    let expected = "a libpq URL such as postgresql://user@localhost/game, or null"
    settings.url = section.value("url", expected: expected, isSecret: true) {
      $0.hasPrefix("postgresql://") || $0.hasPrefix("postgres://") ? $0 : nil
    }
    settings.host = section.optionalText("host")
    settings.port = section.value("port", expected: "a port from 1 to 65535") {
      UInt16($0).flatMap { $0 > 0 ? $0 : nil }
    }
    settings.user = section.optionalText("user")
    settings.password = section.optionalText("password", isSecret: true)
    settings.name = section.optionalText("name")
    return settings
  }
}

/// The files of secure mode (`tls`) and of gateway mode (`gateway`); both at once are refused.
public struct SecuritySettings: Hashable, Sendable {
  /// `tls.dir`: the folder with `ca.crt`, `tls.crt` and `tls.key`. Default none: no secure mode.
  public var tlsDirectory: String?
  /// `gateway.key`: the PEM file of the coordinator's RSA key. Default none: no gateway mode.
  public var gatewayKeyFile: String?
  /// `gateway.ca`: a PEM file of CAs to trust instead of the system's. Default none.
  public var gatewayCAFile: String?

  /// The default settings.
  public init() {}

  static func read(_ root: SettingSection) -> SecuritySettings {
    var settings = SecuritySettings()
    settings.tlsDirectory = root.section("tls") { $0.optionalText("dir") }
    root.section("gateway") { section in
      settings.gatewayKeyFile = section.optionalText("key")
      settings.gatewayCAFile = section.optionalText("ca")
      if settings.gatewayCAFile != nil, settings.gatewayKeyFile == nil {
        section.report("ca", "needs gateway.key; set it or remove this")
      }
      if settings.gatewayKeyFile != nil, settings.tlsDirectory != nil {
        section.report("key", "can't be used together with tls.dir; choose one of the two modes")
      }
    }
    return settings
  }
}
