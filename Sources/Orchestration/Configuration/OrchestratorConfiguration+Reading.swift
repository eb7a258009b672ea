import Competition
import Yams

extension OrchestratorConfiguration {
  /// Reads `orchestrator.yml`.
  ///
  /// - Parameters:
  ///   - file: Its path.
  ///   - environment: The variables that `${NAME}` stands for; `HOME` and `UPDRAFT_CACHE` say where
  ///     virtual environments are kept.
  /// - Returns: The settings, defaults filled in.
  /// - Throws: `ConfigurationFault` with every problem found: a file that can't be read, broken
  /// YAML,
  ///   unknown settings, wrong values.
  public static func read(
    _ file: String, environment: [String: String]
  ) throws(ConfigurationFault) -> OrchestratorConfiguration {
    let text: String
    do {
      text = try FileText.read(file)
    } catch {
      let hint = error.isMissing ? "; name it with --config" : ""
      throw ConfigurationFault(problems: [
        ConfigurationProblem(
          setting: "", text: "\(error.reason)\(hint)", file: file, line: nil)
      ])
    }
    return try parse(text, file: file, environment: environment)
  }

  /// Reads the text of an `orchestrator.yml`; `file` names it in messages and gives the folder that
  /// relative paths start from.
  ///
  /// - Throws: `ConfigurationFault` with every problem found.
  public static func parse(
    _ text: String, file: String, environment: [String: String]
  ) throws(ConfigurationFault) -> OrchestratorConfiguration {
    let notes = ReadingNotes(file: file, environment: environment)
    guard let root = try notes.compose(text) else {
      throw ConfigurationFault(problems: [notes.problem("", "the file is empty", at: nil)])
    }
    guard let reader = SettingReader(root, path: "", notes: notes) else {
      throw ConfigurationFault(problems: notes.problems)
    }
    let form = OrchestratorForm(reader, notes: notes)
    guard let configuration = form.read(), notes.problems.isEmpty else {
      throw ConfigurationFault(problems: notes.problems)
    }
    return configuration
  }
}
