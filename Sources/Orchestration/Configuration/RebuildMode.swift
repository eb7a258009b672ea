/// What follows a change of the files in a submission's folder while its model runs.
public enum RebuildMode: String, Hashable, Sendable, CaseIterable {
  /// Nothing: the next start reads them.
  case disabled
  /// A restart when the content of a code file became another.
  case ifCodeModified = "if-code-modified"
  /// A restart after every write of any file that isn't hidden, also without another content.
  case always
}

extension SettingReader {
  /// A mode; the Python orchestrator's `from-scratch` and `from-checkpoint` make it build its image
  /// whether the code changed or not, which is `always`.
  func rebuildMode(_ key: String) -> RebuildMode? {
    guard let text = text(key) else { return nil }
    if text == "from-scratch" || text == "from-checkpoint" { return .always }
    let mode = RebuildMode(rawValue: text)
    if mode == nil {
      let allowed = RebuildMode.allCases.map(\.rawValue).joined(separator: ", ")
      fail(key, "must be one of \(allowed), got \(text)")
    }
    return mode
  }
}
