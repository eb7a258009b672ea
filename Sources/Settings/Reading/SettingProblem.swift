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
