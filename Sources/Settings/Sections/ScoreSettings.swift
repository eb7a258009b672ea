/// How predictions are scored (`score`).
public struct ScoreSettings: Hashable, Sendable {
  /// The scoring rules.
  public enum Method: String, Hashable, Sendable, CaseIterable {
    /// Condor's mean density of what happened; higher is better.
    case densityPDF = "density_pdf"
    /// The continuous ranked probability score; lower is better.
    case crps
  }

  /// The leaderboard's direction.
  public enum Order: String, Hashable, Sendable, CaseIterable {
    /// Higher scores first.
    case descending
    /// Lower scores first.
    case ascending
  }

  /// The score that a failed prediction gets.
  public enum Failed: String, Hashable, Sendable, CaseIterable {
    /// The lowest score of the batch, at most 0.
    case lowest
    /// The worst score of the run in the leaderboard's order.
    case worst
  }

  /// The leaderboard's windows over `resolvable_at`.
  public struct Windows: Hashable, Sendable {
    /// Default 24 h.
    public var recent = Duration.seconds(24 * 3_600)
    /// Default 72 h.
    public var steady = Duration.seconds(72 * 3_600)
    /// Default 7 days.
    public var anchor = Duration.seconds(7 * 86_400)
  }

  /// The time from one run to the next. Default 15 min.
  public var every = Duration.seconds(900)
  /// The scoring rule. Default `density_pdf`.
  public var method = Method.densityPDF
  /// The direction. Default `descending`; with `crps` `ascending`.
  public var order = Order.descending
  /// What failures get. Default `lowest`; with `crps` `worst`.
  public var failed = Failed.lowest
  /// The leaderboard's windows.
  public var windows = Windows()
  /// How long to wait for a missing price before a prediction counts as failed. Default 1 day.
  public var truthMaxAge = Duration.seconds(86_400)
  /// How far the price used may lie from the time asked, in price resolutions. Default 2 (`2x`).
  public var priceGapMaxFactor = 2.0
  /// The highest density that counts for one step; nil is no cap, the default.
  public var densityCap: Double?
  /// Whether Condor's own oddities are kept. Default false.
  public var compat = false
  /// A program and its arguments that score instead of the built-in rules. Default none.
  public var command: [String] = []
  /// How long the program may take for one prediction. Default 10 s.
  public var commandTimeout = Duration.seconds(10)
  /// `score.crps.t`: the scale of each asset that crunch-synth doesn't know. Default none.
  public var crpsScales: [String: Double] = [:]

  /// The default settings.
  public init() {}

  static func read(_ section: SettingSection) -> ScoreSettings {
    var settings = ScoreSettings()
    settings.every = section.duration("every", default: settings.every)
    settings.method = section.choice("method", default: settings.method)
    let isCRPS = settings.method == .crps
    settings.order = section.choice("order", default: isCRPS ? .ascending : .descending)
    settings.failed = section.choice("failed", default: isCRPS ? .worst : .lowest)
    if isCRPS, settings.order == .descending {
      section.report("order", "must be ascending with score.method crps, where lower is better")
    }
    if isCRPS, settings.failed == .lowest {
      section.report("failed", "must be worst with score.method crps, or failing would win")
    }
    settings.windows = section.section("windows") { readWindows($0) }
    settings.truthMaxAge = section.duration("truth_max_age", default: settings.truthMaxAge)
    settings.priceGapMaxFactor =
      section.value("price_max_gap", expected: "a multiple of prices.resolution such as 2x") {
        guard $0.hasSuffix("x"), let factor = Double($0.dropLast()), factor.isFinite, factor > 0
        else { return nil }
        return factor
      } ?? settings.priceGapMaxFactor
    settings.densityCap = section.value("density_cap", expected: "a number > 0, or null", positive)
    settings.compat = section.flag("compat", default: settings.compat)
    settings.command =
      section.list("command", expected: "a program and its arguments such as [python3, score.py]") {
        $0.isEmpty || $0 == "null" ? nil : $0
      } ?? []
    settings.commandTimeout = section.duration("command_timeout", default: settings.commandTimeout)
    settings.crpsScales = section.section("crps") {
      $0.table("t", expected: "a number > 0, the asset's scale", positive)
    }
    return settings
  }

  private static func positive(_ text: String) -> Double? {
    guard let number = Double(text), number.isFinite, number > 0 else { return nil }
    return number
  }

  private static func readWindows(_ section: SettingSection) -> Windows {
    var windows = Windows()
    windows.recent = section.duration("recent", default: windows.recent)
    windows.steady = section.duration("steady", default: windows.steady)
    windows.anchor = section.duration("anchor", default: windows.anchor)
    return windows
  }
}
