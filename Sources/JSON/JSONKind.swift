internal import CSimdJSON

/// The kind of a JSON value.
public enum JSONKind: String, Sendable, Hashable {
  case null, bool, number, string, array, object

  /// Reads the shim's number for a kind.
  init(shim: Int32) {
    switch Int(shim) {
    case UPDRAFT_JSON_NULL: self = .null
    case UPDRAFT_JSON_BOOL: self = .bool
    case UPDRAFT_JSON_STRING_KIND: self = .string
    case UPDRAFT_JSON_ARRAY: self = .array
    case UPDRAFT_JSON_OBJECT: self = .object
    default: self = .number
    }
  }
}
