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
