/// The report worker (`report`).
public struct ReportSettings: Hashable, Sendable {
  /// Where the API listens. Default `127.0.0.1:8000`.
  public var listen = [ListenAddress(text: "127.0.0.1:8000")].compactMap(\.self)
  /// Where the web pages listen. Default nowhere.
  public var uiListen: [ListenAddress] = []
  /// A file with one key a line (`KEY`, `read:KEY`, `admin:KEY`) that callers must present. Default
  /// none: everything is open.
  public var apiKeysFile: String?
  /// The origins that browsers may call from. Default none.
  public var corsOrigins: [String] = []
  /// Whether addresses that other machines reach may be open without keys. Default no.
  public var isPublic = false
  /// The chart library of the web pages. Default Debian's, of the package `libjs-chart.js`.
  public var chartLibrary = "/usr/share/javascript/chart.js/chart.min.js"

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
    settings.isPublic = section.flag("public", default: settings.isPublic)
    settings.chartLibrary = section.text("chart_js", default: settings.chartLibrary)
    return settings
  }
}
