/// A host and port that a server listens on, written `127.0.0.1:8000` or `[::1]:8000`.
public struct ListenAddress: Hashable, Sendable, CustomStringConvertible {
  /// The address or host name, without brackets.
  public let host: String
  /// The TCP port.
  public let port: UInt16

  /// Reads `host:port`; nil when one is missing or the port is not from 1 to 65535.
  public init?(text: String) {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]),
      port > 0
    else { return nil }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
    } else if host.contains(":") {
      return nil
    }
    guard !host.isEmpty else { return nil }
    self.host = String(host)
    self.port = port
  }

  /// `127.0.0.1:8000` or `[::1]:8000`.
  public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// The report worker (`report`).
public struct ReportSettings: Hashable, Sendable {
  /// Where the API listens. Default `127.0.0.1:8000`.
  public var listen = [ListenAddress(text: "127.0.0.1:8000")].compactMap(\.self)
  /// Where the web pages listen. Default nowhere.
  public var uiListen: [ListenAddress] = []
  /// A file with one key a line that callers must present. Default none: no keys.
  public var apiKeysFile: String?
  /// The origins that browsers may call from. Default none.
  public var corsOrigins: [String] = []

  /// The default settings.
  public init() {}

  static func read(_ section: SettingSection) -> ReportSettings {
    var settings = ReportSettings()
    let expected = "an address and port such as 127.0.0.1:8000"
    settings.listen =
      section.list("listen", expected: expected) { ListenAddress(text: $0) } ?? settings.listen
    settings.uiListen =
      section.list("ui_listen", expected: expected) { ListenAddress(text: $0) }
      ?? settings.uiListen
    settings.apiKeysFile = section.optionalText("api_keys")
    settings.corsOrigins =
      section.list("cors", expected: "an origin such as https://example.org, or \"*\"") {
        $0 == "*" || $0.contains("://") ? $0 : nil
      } ?? settings.corsOrigins
    return settings
  }
}

/// What is logged, and how (`log`).
public struct LogSettings: Hashable, Sendable {
  /// The levels, from the most to the fewest lines.
  public enum Level: String, Hashable, Sendable, CaseIterable {
    /// Every call.
    case trace
    /// What developers look for.
    case debug
    /// One line a round; the default.
    case info
    /// Changes of state.
    case notice
    /// What works, but not as it should.
    case warning
    /// What failed.
    case error
    /// What stops the program.
    case critical
  }

  /// The forms of a line.
  public enum Format: String, Hashable, Sendable, CaseIterable {
    /// For people.
    case text
    /// One JSON object a line.
    case json
  }

  /// The least important level that is logged. Default `info`.
  public var level = Level.info
  /// The form of a line. Default `text`.
  public var format = Format.text

  /// The default settings.
  public init() {}

  static func read(_ section: SettingSection) -> LogSettings {
    var settings = LogSettings()
    settings.level = section.choice("level", default: settings.level)
    settings.format = section.choice("format", default: settings.format)
    return settings
  }
}
