/// The fast way to read an object of number lists, such as a price history:
/// `{"timestamp":[…],"close":[…]}`. No `JSONValue` is built on the way.
public enum JSONNumbers {
  /// Reads the members of an object that are lists of numbers alone, empty lists included. All
  /// other members are ignored, a list with a `null` or a text in it too; of a key that occurs
  /// twice the last list counts. Integers beyond 2^53 are rounded.
  ///
  /// - Parameters:
  ///   - bytes: UTF-8, the whole of one JSON document; copied once, so it needs no padding.
  ///   - depthMax: the deepest nesting accepted (1 to 1024).
  /// - Returns: the numbers of each list by its key.
  /// - Throws: `JSONError` that names the flaw and its place; `.wrongShape` when the document is
  ///   not an object.
  public static func parse(
    _ bytes: UnsafeRawBufferPointer, depthMax: Int = 64
  ) throws(JSONError) -> [String: [Double]] {
    let doing = "reading lists of numbers"
    let document = try JSONDocument.reading(bytes, depthMax: depthMax, doing)
    if let arrays = document.numberArrays() { return arrays }
    let kind = document.rootKind
    guard kind != .object else {
      throw JSONError(flaw: JSONFlaw(.checkerFailed, "out of memory"), doing: doing)
    }
    throw JSONError(
      flaw: JSONFlaw(.wrongShape, "an object is expected, got one \(kind.rawValue)"),
      doing: doing)
  }
}
