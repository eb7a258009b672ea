import Yams

/// What reading one file has found: problems and things worth saying.
final class ReadingNotes {
  let file: String
  let environment: [String: String]
  private(set) var problems: [ConfigurationProblem] = []

  init(file: String, environment: [String: String]) {
    self.file = file
    self.environment = environment
  }

  func add(_ setting: String, _ text: String, at node: Node?) {
    problems.append(problem(setting, text, at: node))
  }

  func add(_ problem: ConfigurationProblem) { problems.append(problem) }

  func problem(_ setting: String, _ text: String, at node: Node?) -> ConfigurationProblem {
    ConfigurationProblem(setting: setting, text: text, file: file, line: node?.mark?.line)
  }

  /// Parses the text; nil for an empty document. Broken YAML is thrown with its line.
  func compose(_ text: String) throws(ConfigurationFault) -> Node? {
    do {
      return try Yams.compose(yaml: text)
    } catch let error as YamlError {
      throw ConfigurationFault(problems: [yamlProblem(error)])
    } catch {
      throw ConfigurationFault(problems: [problem("", "not YAML: \(error)", at: nil)])
    }
  }

  private func yamlProblem(_ error: YamlError) -> ConfigurationProblem {
    switch error {
    case .scanner(_, let text, let mark, _), .parser(_, let text, let mark, _),
      .composer(_, let text, let mark, _):
      return ConfigurationProblem(
        setting: "", text: "not YAML: \(text)", file: file, line: mark.line)
    case .duplicatedKeysInMapping(let keys, let context):
      let names = keys.map { "\($0)" }.joined(separator: ", ")
      return ConfigurationProblem(
        setting: "", text: "the key \(names) is there twice", file: file, line: context.mark.line)
    default:
      return problem("", "not YAML: \(error)", at: nil)
    }
  }
}
