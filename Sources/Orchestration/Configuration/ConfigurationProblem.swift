/// One thing that is wrong in a configuration file, with its place.
public struct ConfigurationProblem: Hashable, Sendable, CustomStringConvertible {
  /// The setting, for example `infrastructure.publishers[0].port`; empty for the file itself.
  public let setting: String
  /// What is wrong and what is wanted instead.
  public let text: String
  /// The file as it was named.
  public let file: String
  /// The line, from 1; nil when the file as a whole is meant.
  public let line: Int?

  /// `watcher.interval: must be > 0, got 0 (orchestrator.yml:12)`.
  public var description: String {
    let place = line.map { "\(file):\($0)" } ?? file
    return setting.isEmpty ? "\(text) (\(place))" : "\(setting): \(text) (\(place))"
  }
}

/// A configuration that can't be used: every problem that was found in it, at least one.
public struct ConfigurationFault: Error, Hashable, Sendable, CustomStringConvertible {
  /// The problems in the order of the file.
  public let problems: [ConfigurationProblem]

  /// All problems in one line, separated by semicolons.
  public var description: String { problems.map(\.description).joined(separator: "; ") }
}
