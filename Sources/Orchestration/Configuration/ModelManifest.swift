public import Competition
import Yams

/// What `models.yml` says: the models that are right, and what is wrong with the others.
public struct ModelManifest: Hashable, Sendable {
  /// The models in the order of the file, each id once.
  public var entries: [ModelEntry]
  /// Entries that were skipped and settings that were ignored.
  public var problems: [ConfigurationProblem]
  /// The models whose entries were skipped, as far as they could be told: what runs of them may go
  /// on.
  public var skippedIDs: Set<ModelID> = []

  /// Creates a manifest.
  public init(entries: [ModelEntry] = [], problems: [ConfigurationProblem] = []) {
    self.entries = entries
    self.problems = problems
  }

  /// More models than one machine could run; the rest of a longer file is skipped and named.
  public static let modelsMax = 5_000

  /// Reads a file.
  ///
  /// - Parameters:
  ///   - file: Its path.
  ///   - crunchIDs: The competitions that are configured; a model of another is skipped.
  ///   - environment: The variables that `${NAME}` stands for.
  /// - Returns: The models that can be run, and what is wrong with the rest.
  /// - Throws: `ConfigurationFault` when the file can't be read or isn't YAML with a `models` list.
  public static func read(
    _ file: String, crunchIDs: Set<String>, environment: [String: String] = [:]
  ) throws(ConfigurationFault) -> ModelManifest {
    let text: String
    do {
      text = try FileText.read(file)
    } catch {
      throw ConfigurationFault(problems: [
        ConfigurationProblem(setting: "", text: error.reason, file: file, line: nil)
      ])
    }
    return try parse(text, file: file, crunchIDs: crunchIDs, environment: environment)
  }

  /// Reads a text; `file` names it in messages.
  ///
  /// - Throws: `ConfigurationFault` when the text isn't YAML with a `models` list.
  public static func parse(
    _ text: String, file: String, crunchIDs: Set<String>, environment: [String: String] = [:]
  ) throws(ConfigurationFault) -> ModelManifest {
    let notes = ReadingNotes(file: file, environment: environment)
    guard let root = try notes.compose(text), !root.isNull else { return ModelManifest() }
    guard let reader = SettingReader(root, path: "", notes: notes) else {
      throw ConfigurationFault(problems: notes.problems)
    }
    let nodes = reader.list("models")
    if !notes.problems.isEmpty { throw ConfigurationFault(problems: notes.problems) }
    reader.refuseUnknownKeys()
    var manifest = ModelManifest()
    var lines: [ModelID: Int] = [:]
    for (index, node) in nodes.enumerated() {
      let path = "models[\(index)]"
      guard index < modelsMax else {
        notes.add(path, "only the first \(modelsMax) models are run", at: node)
        break
      }
      guard let entry = ModelForm.read(node, path: path, notes: notes, crunchIDs: crunchIDs) else {
        if let id = node.mapping?["id"]?.scalar?.string { manifest.skippedIDs.insert(ModelID(id)) }
        continue
      }
      if let first = lines[entry.modelID] {
        notes.add(
          "\(path).id", "\(entry.modelID) is already in line \(first); this entry is skipped",
          at: node)
        continue
      }
      lines[entry.modelID] = entry.line ?? 0
      manifest.entries.append(entry)
    }
    manifest.problems = notes.problems
    return manifest
  }
}
