import Yams

/// Reads `infrastructure.runner.front`.
enum FrontForm {
  /// Reads it from the section `runner`; `base` is the folder that relative paths start from. Nil
  /// when there is none, or the reason is noted.
  static func read(_ runner: SettingReader, base: String, home: String?) -> FrontSettings? {
    guard let front = runner.mapping("front") else { return nil }
    defer { front.refuseUnknownKeys() }
    guard let node = front.value("command") else {
      front.fail("command", "is missing")
      return nil
    }
    let read =
      node.sequence != nil
      ? front.texts("command") : front.text("command").flatMap(CommandText.words)
    guard var words = read, !words.isEmpty, !words[0].isEmpty else {
      front.fail("command", "must be a program with arguments, quotes closed")
      return nil
    }
    if words[0].contains("/") { words[0] = Folder.resolve(words[0], against: base, home: home) }
    guard arePlaced(words, front) else { return nil }
    return FrontSettings(command: words, folder: base)
  }

  /// Whether both ports have their places, and every place has a meaning.
  private static func arePlaced(_ words: [String], _ front: SettingReader) -> Bool {
    let known = FrontSettings.Placeholder.allCases.map(\.rawValue)
    for word in words {
      for match in word.matches(of: /\{[^{}]*\}/) where !known.contains(String(match.output)) {
        front.fail(
          "command",
          "\(match.output) stands for nothing; there are \(known.joined(separator: ", "))")
        return false
      }
    }
    for needed in [FrontSettings.Placeholder.port, .modelPort].map(\.rawValue)
    where !words.contains(where: { $0.contains(needed) }) {
      front.fail("command", "must contain \(needed), or it can't stand before a model")
      return false
    }
    return true
  }
}
