import Yams

/// Turns Yams' errors into problems of the file with a line.
enum YAMLProblem {
  static func describe(_ error: any Error, file: String) -> SettingProblem {
    func problem(_ reason: String, _ line: Int?) -> SettingProblem {
      SettingProblem(path: "", reason: reason, origin: .file(name: file, line: line ?? 1))
    }
    guard let error = error as? YamlError else { return problem("is not YAML: \(error)", nil) }
    switch error {
    case .duplicatedKeysInMapping(let duplicates, let context):
      let names = duplicates.joined(separator: ", ")
      return problem("\(names): given more than once; keep one", context.mark.line)
    case .scanner(_, let text, let mark, _), .parser(_, let text, let mark, _),
      .composer(_, let text, let mark, _):
      return problem("is not YAML: \(text)", mark.line)
    case .reader(let text, let offset, _, let yaml):
      let line = offset.map { yaml.utf8.prefix($0).count { $0 == 0x0a } + 1 }
      return problem("is not YAML: \(text)", line)
    default:
      return problem("is not YAML: \(error)", nil)
    }
  }
}
