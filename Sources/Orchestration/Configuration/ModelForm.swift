import Competition
import Yams

/// Reads one entry of `models`.
enum ModelForm {
  /// Nil, and the reason noted, when the entry can't be used.
  static func read(
    _ node: Node, path: String, notes: ReadingNotes, crunchIDs: Set<String>
  ) -> ModelEntry? {
    // The model's problems are gathered apart, to be told with its id.
    let own = ReadingNotes(file: notes.file, environment: notes.environment)
    let entry = SettingReader(node, path: path, notes: own).flatMap {
      read($0, crunchIDs: crunchIDs)
    }
    for problem in own.problems {
      notes.add(
        ConfigurationProblem(
          setting: problem.setting, text: "\(problem.text); this model is skipped",
          file: problem.file, line: problem.line))
    }
    guard own.problems.isEmpty, let entry else { return nil }
    for name in entry.unknown {
      notes.add("\(path).\(name)", "unknown setting, ignored", at: node)
    }
    return entry.model
  }

  private static func read(
    _ reader: SettingReader, crunchIDs: Set<String>
  ) -> (model: ModelEntry, unknown: [String])? {
    let id = name("id", reader, required: true)
    let submission = name("submission_id", reader, required: true)
    let resource = name("resource_id", reader, required: false)
    let crunch = reader.required("crunch_id")
    if let crunch, !crunchIDs.contains(crunch) {
      let known = crunchIDs.sorted().joined(separator: ", ")
      reader.fail("crunch_id", "\(crunch) is not configured (known: \(known))")
    }
    let wanted = reader.required("desired_state")
    let state = wanted.flatMap(ModelEntry.DesiredState.init)
    if let wanted, state == nil {
      reader.fail("desired_state", "must be RUNNING or STOPPED, got \(wanted)")
    }
    let command = self.command(reader)
    let isolation = IsolationForm.isolation(reader)
    let cruncher = reader.text("cruncher_id")
    let infos = ModelInfos(
      modelName: reader.text("model_name") ?? reader.text("name"), cruncherID: cruncher,
      cruncherName: reader.text("cruncher_name") ?? cruncher,
      cruncherWalletPublicKey: reader.text("cruncher_wallet_pubkey"),
      cruncherHotkey: reader.text("cruncher_hotkey"))
    let ownership = SubmissionOwnership(
      signature: reader.text("signature"),
      // The Python orchestrator reads an absent one of its file as null, too.
      resource: resource.map { .id($0) } ?? .null)
    reader.accept("name", "hardware_type")
    let rebuild = reader.rebuildMode("rebuild")
    guard let id, let submission, let crunch, let state else { return nil }
    let model = ModelEntry(
      modelID: ModelID(id), crunchID: crunch, desiredState: state,
      launch: ModelLaunch(
        submissionID: submission, resourceID: resource, command: command, isolation: isolation),
      infos: infos, ownership: ownership, rebuild: rebuild, line: reader.node.mark?.line)
    return (model, reader.unknownKeys.map(\.name))
  }

  /// A text that names a file or folder.
  private static func name(_ key: String, _ reader: SettingReader, required: Bool) -> String? {
    guard let text = required ? reader.required(key) : reader.text(key) else { return nil }
    if SafeName.allows(text) { return text }
    reader.fail(
      key,
      "must be letters, digits, '.', '_' or '-' and no more than \(SafeName.bytesMax),"
        + " since it names files; got \"\(text.prefix(60))\"")
    return nil
  }

  private static func command(_ reader: SettingReader) -> [String]? {
    guard let node = reader.value("command") else { return nil }
    let words: [String]?
    if node.sequence != nil {
      words = reader.texts("command")
    } else {
      words = reader.text("command").flatMap(CommandText.words)
    }
    guard let words, !words.isEmpty, !words[0].isEmpty else {
      reader.fail("command", "must be a program with arguments, quotes closed")
      return nil
    }
    if !words.contains(where: { $0.contains("{port}") }) {
      reader.fail("command", "must contain {port}, which the port is put in for")
    }
    return words
  }
}
