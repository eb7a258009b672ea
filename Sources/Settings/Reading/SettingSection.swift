import Competition
import Yams

/// One mapping of the file with the overrides of its settings.
///
/// Reading a key makes it known; what is left unread at the end is refused. A wrong value is
/// reported and replaced by the default, so that reading goes on and finds the other problems.
final class SettingSection {
  let path: String
  let sources: SettingSources
  private var nodes: [String: (key: Node, value: Node)] = [:]
  private var knownKeys: [String] = []

  init(path: String, node: Node?, sources: SettingSources) {
    self.path = path
    self.sources = sources
    guard let node, !node.isNullScalar else { return }
    guard let mapping = node.mapping else {
      sources.report(path, "must be a section with settings", sources.origin(node))
      return
    }
    for (key, value) in mapping {
      if let name = key.scalar?.string {
        nodes[name] = (key, value)
      } else {
        sources.report(path, "keys must be plain names", sources.origin(key))
      }
    }
  }

  /// The full name of a setting of this section.
  func fullName(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

  /// Reads a section within this one.
  func section<Value>(_ key: String, _ read: (SettingSection) -> Value) -> Value {
    knownKeys.append(key)
    let inner = SettingSection(path: fullName(key), node: nodes[key]?.value, sources: sources)
    let value = read(inner)
    inner.refuseUnknownKeys()
    return value
  }

  /// Whether the setting is given, by whatever source, and not null.
  func isGiven(_ key: String) -> Bool {
    if sources.override(of: fullName(key)) != nil { return true }
    guard let node = nodes[key]?.value else { return false }
    return !node.isNullScalar
  }

  /// Reports a problem of a setting where it is written.
  func report(_ key: String, _ reason: String) {
    let name = fullName(key)
    let origin =
      sources.override(of: name)?.origin ?? nodes[key].map { sources.origin($0.value) }
    sources.report(name, reason, origin)
  }

  /// Reads one value; null counts as not given.
  func value<Value>(
    _ key: String, expected: String, isSecret: Bool = false, _ parse: (String) -> Value?
  ) -> Value? {
    knownKeys.append(key)
    let name = fullName(key)
    if let (text, origin) = sources.override(of: name) {
      if let value = parse(text) { return value }
      sources.report(name, "must be \(expected)" + got(text, isSecret), origin)
      return nil
    }
    guard let node = nodes[key]?.value, !node.isNullScalar else { return nil }
    guard let text = node.scalar?.string else {
      let kind = node.sequence == nil ? "a section" : "a list"
      sources.report(name, "must be \(expected), got \(kind)", sources.origin(node))
      return nil
    }
    if let value = parse(text) { return value }
    sources.report(name, "must be \(expected)" + got(text, isSecret), sources.origin(node))
    return nil
  }

  private func got(_ text: String, _ isSecret: Bool) -> String {
    isSecret ? "" : ", got \"\(text)\""
  }

  /// Reads a list; a single value is a list of one.
  func list<Value>(_ key: String, expected: String, _ parse: (String) -> Value?) -> [Value]? {
    guard sources.override(of: fullName(key)) == nil, let node = nodes[key]?.value,
      let sequence = node.sequence
    else { return value(key, expected: expected, parse).map { [$0] } }
    knownKeys.append(key)
    var values: [Value] = []
    for item in sequence {
      if let value = item.scalar.flatMap({ parse($0.string) }) {
        values.append(value)
      } else {
        let text = item.scalar.map { ", got \"\($0.string)\"" } ?? ""
        sources.report(fullName(key), "must be \(expected)" + text, sources.origin(item))
      }
    }
    return values
  }

  /// Reads a section whose keys are free names and whose values are of one kind.
  func table<Value>(_ key: String, expected: String, _ parse: (String) -> Value?) -> [String: Value]
  {
    section(key) { inner in
      var values: [String: Value] = [:]
      for name in inner.nodes.keys.sorted() {
        values[name] = inner.value(name, expected: expected, parse)
      }
      return values
    }
  }

  /// Reports every key that was not read, with the nearest known name.
  func refuseUnknownKeys() {
    for (name, node) in nodes where !knownKeys.contains(name) {
      let hint =
        Spelling.nearest(to: name, among: knownKeys).map { "did you mean \($0)?" }
        ?? "known are \(knownKeys.joined(separator: ", "))"
      sources.report(fullName(name), "unknown setting; \(hint)", sources.origin(node.key))
    }
  }
}

extension Node {
  /// Whether the node is YAML's null: nothing, `~` or `null`, not in quotes.
  var isNullScalar: Bool {
    guard let scalar, scalar.style == .plain || scalar.style == .any else { return false }
    return ["", "~", "null", "Null", "NULL"].contains(scalar.string)
  }
}
