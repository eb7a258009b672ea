import Yams

extension Node {
  /// Whether it is an unquoted empty, `~` or `null` scalar.
  var isNull: Bool {
    guard let scalar, scalar.style == .plain || scalar.style == .any else { return false }
    return ["", "~", "null", "Null", "NULL"].contains(scalar.string)
  }

  /// What the node is, for a message.
  var described: String {
    switch self {
    case .scalar(let scalar): isNull ? "nothing" : "\"\(scalar.string.prefix(60))\""
    case .mapping: "a mapping"
    case .sequence: "a list"
    case .alias: "an alias"
    }
  }
}
