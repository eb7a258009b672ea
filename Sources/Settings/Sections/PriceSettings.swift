/// Where prices come from (`prices`).
public struct PriceSettings: Hashable, Sendable {
  /// The kinds of price sources.
  public enum Source: String, Hashable, Sendable, CaseIterable {
    /// The HTTP price API.
    case http
    /// A CSV file that is replayed.
    case csv
  }

  /// Condor's public price API.
  public static let condorURL =
    "https://api--pricedb--tournament.crunchdao.cloud/v1/prices"

  /// What is done about rounds of an asset whose market is closed.
  public enum Closed: String, Hashable, Sendable, CaseIterable {
    /// They are played, and marked in log, metrics and `updraft_rounds`.
    case flag
    /// They are left out, and counted.
    case skip
  }

  /// The kind of the source. Default `http`.
  public var source = Source.http
  /// The price API's address, for `http`. Default Condor's.
  public var url = PriceSettings.condorURL
  /// The file, for `csv`; relative to the working folder. Default none.
  public var path: String?
  /// The distance of two prices: 1s, 60s, 1h or 1d. Default 60 s.
  public var resolution = Duration.seconds(60)
  /// How much of the past is kept and sent to new models. Default 30 days.
  public var history = Duration.seconds(30 * 86_400)
  /// The time for one request. Default 10 s.
  public var timeout = Duration.seconds(10)
  /// How long an asset's price must stand still for its market to count as closed; nil is never,
  /// the default.
  public var closedAfter: Duration?
  /// What is done about rounds of closed markets. Default `flag`.
  public var closed = Closed.flag

  /// The default settings.
  public init() {}

  static func read(_ section: SettingSection) -> PriceSettings {
    var settings = PriceSettings()
    settings.source = section.choice("source", default: settings.source)
    let expected = "an address such as http://127.0.0.1:8090/v1/prices"
    settings.url =
      section.value("url", expected: expected) {
        ($0.hasPrefix("http://") || $0.hasPrefix("https://")) && $0.count > 8 ? $0 : nil
      } ?? settings.url
    settings.path = section.optionalText("path")
    settings.resolution =
      section.value("resolution", expected: "1s, 60s, 1h or 1d") {
        guard let duration = Duration(text: $0) else { return nil }
        return [1, 60, 3_600, 86_400].contains { duration == .seconds($0) } ? duration : nil
      } ?? settings.resolution
    settings.history = section.duration("history", default: settings.history)
    settings.timeout = section.duration("timeout", default: settings.timeout)
    settings.closedAfter = section.durationOrNever("closed_after", default: settings.closedAfter)
    settings.closed = section.choice("closed", default: settings.closed)
    if let closedAfter = settings.closedAfter, closedAfter < settings.resolution * 2 {
      section.report("closed_after", "must be at least twice prices.resolution, or never")
    }
    if settings.closed == .skip, settings.closedAfter == nil {
      section.report("closed", "is skip, so prices.closed_after must say after how long, not never")
    }
    if settings.source == .csv, settings.path == nil {
      section.report("path", "is missing; prices.source is csv, so name the file to replay")
    }
    if settings.history < settings.resolution {
      section.report("history", "must not be shorter than prices.resolution")
    }
    return settings
  }
}
