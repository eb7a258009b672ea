/// What a check of a text as JSON found.
public enum JSONVerdict: Sendable, Hashable {
  /// The whole text is one JSON document; the kind is its outermost value's.
  case valid(JSONKind)
  /// It is not, for this reason.
  case invalid(JSONFlaw)

  /// The reason when the text is not valid, else nil.
  public var flaw: JSONFlaw? {
    guard case .invalid(let flaw) = self else { return nil }
    return flaw
  }
}
