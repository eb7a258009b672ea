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
