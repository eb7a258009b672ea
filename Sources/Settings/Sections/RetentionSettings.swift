/// How long rows are kept (`retention`).
public struct RetentionSettings: Hashable, Sendable {
  /// Predictions, counted from their scoring. Default 30 days.
  public var predictions = Duration.seconds(30 * 86_400)
  /// Score snapshots. Default 10 days.
  public var snapshots = Duration.seconds(10 * 86_400)
  /// Round statistics. Default 30 days.
  public var rounds = Duration.seconds(30 * 86_400)

  /// The default settings.
  public init() {}

  static func read(_ section: SettingSection) -> RetentionSettings {
    var settings = RetentionSettings()
    settings.predictions = section.duration("predictions", default: settings.predictions)
    settings.snapshots = section.duration("snapshots", default: settings.snapshots)
    settings.rounds = section.duration("rounds", default: settings.rounds)
    return settings
  }
}
