/// Where a setting's value was written.
public enum SettingOrigin: Hashable, Sendable, CustomStringConvertible {
  /// A line of the configuration file, counted from 1.
  case file(name: String, line: Int)
  /// An environment variable.
  case environment(variable: String)
  /// A command-line flag.
  case flag(name: String)

  /// `game.yml:12`, `environment POSTGRES_PORT` or `flag --shard`.
  public var description: String {
    switch self {
    case .file(let name, let line): "\(name):\(line)"
    case .environment(let variable): "environment \(variable)"
    case .flag(let name): "flag \(name)"
    }
  }
}

/// One thing that is wrong with the configuration.
public struct SettingProblem: Hashable, Sendable, CustomStringConvertible {
  /// The setting's full name, such as `predict.timeout`; empty when the file itself is wrong.
  public let path: String
  /// What is expected and what is there instead.
  public let reason: String
  /// Where it was written; nil when it is missing.
  public let origin: SettingOrigin?

  /// `predict.timeout: must be a duration > 0 such as 60s, got "-3" (game.yml:12)`.
  public var description: String {
    let name = path.isEmpty ? "" : "\(path): "
    return name + reason + (origin.map { " (\($0))" } ?? "")
  }
}

/// Everything that is wrong with the configuration, in the order of the file.
public struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// At least one problem.
  public let problems: [SettingProblem]

  init(_ problems: [SettingProblem]) { self.problems = problems }

  /// One line for each problem.
  public var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// A value given on the command line for a setting of the file.
public struct SettingFlag: Hashable, Sendable {
  /// The setting's full name, such as `predict.shard`.
  public let path: String
  /// The flag as typed, such as `--shard`.
  public let name: String
  /// The value as typed.
  public let value: String

  /// Creates the value of a flag.
  public init(path: String, name: String, value: String) {
    self.path = path
    self.name = name
    self.value = value
  }
}
