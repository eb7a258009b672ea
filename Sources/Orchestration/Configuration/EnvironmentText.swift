/// Replaces `${NAME}` and `$NAME` in a text by the environment's values.
struct EnvironmentText {
  /// The text with its variables replaced.
  private(set) var expanded = ""
  /// The `${NAME}`s that the environment doesn't have.
  private(set) var missing: [String] = []

  /// Expands `text`. A `$NAME` that isn't set stays as it is, as in the Python orchestrator (it may
  /// be a mere dollar sign); a `${NAME}` that isn't set is listed in `missing`.
  init(_ text: String, environment: [String: String]) {
    var rest = text[...]
    while let dollar = rest.firstIndex(of: "$") {
      expanded += rest[..<dollar]
      rest = rest[rest.index(after: dollar)...]
      if rest.first == "{", let end = rest.firstIndex(of: "}") {
        let name = String(rest[rest.index(after: rest.startIndex)..<end])
        if let value = environment[name] { expanded += value } else { missing.append(name) }
        rest = rest[rest.index(after: end)...]
        continue
      }
      let name = String(rest.prefix { $0 == "_" || ($0.isASCII && ($0.isLetter || $0.isNumber)) })
      if !name.isEmpty, let value = environment[name] {
        expanded += value
        rest = rest.dropFirst(name.count)
      } else {
        expanded += "$"
      }
    }
    expanded += rest
  }
}
