/// A JSON document as one flat list of tokens in document order: what to read from when a tree of
/// values would cost more than the work itself.
///
/// The token of an array is followed by those of its elements, that of an object by each key (a
/// string) and the tokens of its value. `end(of:)` is the way from a value to what follows it.
///
/// Lifetime: only inside the closure of `JSONTapeReader.withTape`; the texts lie in the parser.
public struct JSONTape {
  let tokens: UnsafeBufferPointer<Token>

  /// One value or key: 16 bytes.
  struct Token {
    /// A number's bits, or the address of a text.
    var payload: UInt64
    /// The length of a text in bytes; for an array or an object the index behind its last token.
    var extent: UInt32
    var kind: JSONKind
  }

  /// The number of tokens; the outermost value is the one at 0.
  public var count: Int { tokens.count }

  /// The kind of the value at `index`.
  public func kind(at index: Int) -> JSONKind { tokens[index].kind }

  /// The index behind the value at `index`: of its sibling, or of the end of its container.
  public func end(of index: Int) -> Int {
    switch tokens[index].kind {
    case .array, .object: Int(tokens[index].extent)
    case .null, .bool, .number, .string: index + 1
    }
  }

  /// The value of a number (an integer beyond 2^53 is rounded) or of a `bool` (0 or 1); else nil.
  public func number(at index: Int) -> Double? {
    switch tokens[index].kind {
    case .number, .bool: Double(bitPattern: tokens[index].payload)
    case .null, .string, .array, .object: nil
    }
  }

  /// The UTF-8 of a string or a key, unescaped; nil for anything else.
  public func text(at index: Int) -> UnsafeRawBufferPointer? {
    let token = tokens[index]
    guard token.kind == .string else { return nil }
    return UnsafeRawBufferPointer(
      start: UnsafeRawPointer(bitPattern: UInt(token.payload)), count: Int(token.extent))
  }
}
