import Competition
import Yams

/// Reads the settings of one YAML mapping; wrong values and, in the end, unknown keys become
/// problems.
///
/// A setting that is absent or null reads as nil; one that is wrong, too, after it was noted.
final class SettingReader {
  let node: Node
  let path: String
  private let notes: ReadingNotes
  private var known: Set<String> = []

  /// Nil, and a problem noted, when the node is no mapping.
  init?(_ node: Node, path: String, notes: ReadingNotes) {
    self.node = node
    self.path = path
    self.notes = notes
    guard node.mapping != nil else {
      notes.add(path, "must be a mapping of settings, got \(node.described)", at: node)
      return nil
    }
  }

  func value(_ key: String) -> Node? {
    known.insert(key)
    guard let value = node.mapping?[key], !value.isNull else { return nil }
    return value
  }

  func fail(_ key: String, _ text: String) {
    notes.add(setting(key), text, at: node.mapping?[key] ?? node)
  }

  func setting(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

  /// A scalar with its environment variables replaced.
  func text(_ key: String) -> String? {
    guard let value = value(key) else { return nil }
    guard let scalar = value.scalar else {
      fail(key, "must be a text, got \(value.described)")
      return nil
    }
    return expand(scalar.string, key)
  }

  func required(_ key: String) -> String? {
    if value(key) == nil {
      fail(key, "is missing")
      return nil
    }
    guard let text = text(key) else { return nil }
    if text.isEmpty { fail(key, "must not be empty") }
    return text.isEmpty ? nil : text
  }

  func integer(_ key: String, in range: ClosedRange<Int>) -> Int? {
    guard let text = text(key) else { return nil }
    guard let number = Int(text), range.contains(number) else {
      fail(
        key, "must be a whole number from \(range.lowerBound) to \(range.upperBound), got \(text)")
      return nil
    }
    return number
  }

  func flag(_ key: String) -> Bool? {
    guard let text = text(key) else { return nil }
    switch text.lowercased() {
    case "true", "yes", "on": return true
    case "false", "no", "off": return false
    default:
      fail(key, "must be true or false, got \(text)")
      return nil
    }
  }

  /// A duration: a number of seconds, or a number with a unit.
  func duration(_ key: String, aboveZero: Bool = true) -> Duration? {
    guard let text = text(key) else { return nil }
    guard let duration = Duration(text: text), !aboveZero || duration > .zero else {
      fail(key, "must be a duration\(aboveZero ? " > 0" : "") such as 10 or 500ms, got \(text)")
      return nil
    }
    return duration
  }

  func mapping(_ key: String) -> SettingReader? {
    value(key).flatMap { SettingReader($0, path: setting(key), notes: notes) }
  }

  /// The entries of a list; empty when it's absent.
  func list(_ key: String) -> [Node] {
    guard let value = value(key) else { return [] }
    guard let sequence = value.sequence else {
      fail(key, "must be a list, got \(value.described)")
      return []
    }
    return Array(sequence)
  }

  func texts(_ key: String) -> [String]? {
    guard value(key) != nil else { return nil }
    return list(key).enumerated().compactMap { index, entry in
      guard let scalar = entry.scalar else {
        notes.add("\(setting(key))[\(index)]", "must be a text, got \(entry.described)", at: entry)
        return nil
      }
      return expand(scalar.string, key)
    }
  }

  /// Marks keys that are known and not read here.
  func accept(_ keys: String...) { known.formUnion(keys) }

  func has(_ key: String) -> Bool { value(key) != nil }

  /// The keys that nobody asked for, with their nodes.
  var unknownKeys: [(name: String, key: Node)] {
    (node.mapping.map(Array.init) ?? []).compactMap { pair in
      let name = pair.key.scalar?.string ?? pair.key.described
      return known.contains(name) ? nil : (name, pair.key)
    }
  }

  /// Notes the keys that nobody asked for.
  func refuseUnknownKeys() {
    for (name, key) in unknownKeys {
      notes.add(setting(name), "unknown setting" + suggestion(for: name), at: key)
    }
  }

  /// `, did you mean "x"?` when a known key is near.
  func suggestion(for name: String) -> String {
    let near = known.map { (EditDistance.between(name, $0), $0) }.min { $0 < $1 }
    guard let near, near.0 <= max(1, name.count / 3) else { return "" }
    return ", did you mean \(near.1)?"
  }

  private func expand(_ text: String, _ key: String) -> String? {
    let result = EnvironmentText(text, environment: notes.environment)
    guard result.missing.isEmpty else {
      let names = result.missing.joined(separator: ", ")
      fail(key, "the environment variable \(names) is not set")
      return nil
    }
    return result.expanded
  }
}
