public import Competition
internal import JSON

extension ReplyValue {
  /// The value as JSON text: JSON as received, texts quoted, numbers as digits, nothing as `null`.
  ///
  /// The received text is not looked at: whoever stores it checks it.
  ///
  /// - Throws: `ReplyValueError` for values that JSON has no form for (a Parquet file, NaN) and for
  ///   bytes that are not what their type says.
  public func jsonText() throws(ReplyValueError) -> ByteView {
    if type == .json { return bytes }
    switch try decoded() {
    case .none: return ByteView("null")
    case .int(let number): return ByteView(String(number))
    case .double(let number):
      guard number.isFinite else { throw ReplyValueError(reason: "\(number), which is not JSON") }
      return ByteView(JSONValue.double(number).text())
    case .string(let text): return ByteView(JSONValue.string(text).text())
    case .json(let text): return ByteView(text)
    case .parquet: throw ReplyValueError(reason: "a PARQUET value, which JSON has no form for")
    case .arrow: throw ReplyValueError(reason: "an ARROW value, which JSON has no form for")
    }
  }
}
