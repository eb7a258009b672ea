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
