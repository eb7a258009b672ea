import Yams

/// The values that flags and the environment give to settings, and the problems found so far.
final class SettingSources {
  let fileName: String
  private(set) var problems: [SettingProblem] = []
  private var overrides: [String: (text: String, origin: SettingOrigin)] = [:]

  /// The settings that an environment variable overrides.
  private static let environmentPaths = [
    "orchestrator.host": "MODEL_RUNNER_NODE_HOST", "orchestrator.port": "MODEL_RUNNER_NODE_PORT",
    "database.host": "POSTGRES_HOST", "database.port": "POSTGRES_PORT",
    "database.user": "POSTGRES_USER", "database.password": "POSTGRES_PASSWORD",
    "database.name": "POSTGRES_DB",
  ]

  init(fileName: String, environment: [String: String], flags: [SettingFlag]) {
    self.fileName = fileName
    for (path, variable) in Self.environmentPaths {
      if let text = environment[variable], !text.isEmpty {
        overrides[path] = (text, .environment(variable: variable))
      }
    }
    for flag in flags { overrides[flag.path] = (flag.value, .flag(name: flag.name)) }
  }

  func override(of path: String) -> (text: String, origin: SettingOrigin)? { overrides[path] }

  func origin(_ node: Node) -> SettingOrigin {
    .file(name: fileName, line: node.mark?.line ?? 1)
  }

  func report(_ path: String, _ reason: String, _ origin: SettingOrigin?) {
    problems.append(SettingProblem(path: path, reason: reason, origin: origin))
  }

  /// Those of the file first, by line, then the rest in the order found.
  var sortedProblems: [SettingProblem] {
    func line(_ problem: SettingProblem) -> Int {
      if case .file(_, let line)? = problem.origin { return line }
      return .max
    }
    return problems.enumerated()
      .sorted { (line($0.element), $0.offset) < (line($1.element), $1.offset) }.map(\.element)
  }
}
