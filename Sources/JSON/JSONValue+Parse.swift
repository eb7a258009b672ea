internal import CSimdJSON

extension JSONValue {
  /// Reads a whole text as one JSON document.
  ///
  /// - Parameters:
  ///   - bytes: UTF-8; copied once, so it needs no padding.
  ///   - depthMax: the deepest nesting accepted (1 to 1024); an innermost container that is empty
  ///     does not count.
  /// - Returns: the document's outermost value.
  /// - Throws: `JSONError` that names the flaw and its place.
  public static func parse(
    _ bytes: UnsafeRawBufferPointer, depthMax: Int = 64
  ) throws(JSONError) -> JSONValue {
    let document = try JSONDocument.reading(bytes, depthMax: depthMax, "reading JSON")
    let builder = JSONValueBuilder()
    document.visit(JSONValueBuilder.visitor, context: Unmanaged.passUnretained(builder).toOpaque())
    return withExtendedLifetime(builder) { builder.root }
  }

  /// Reads a whole text as one JSON document.
  ///
  /// - Parameters:
  ///   - text: the document.
  ///   - depthMax: the deepest nesting accepted (1 to 1024); an innermost container that is empty
  ///     does not count.
  /// - Returns: the document's outermost value.
  /// - Throws: `JSONError` that names the flaw and its place.
  public static func parse(
    text: some StringProtocol, depthMax: Int = 64
  ) throws(JSONError) -> JSONValue {
    try parse(bytes: text.utf8, depthMax: depthMax)
  }

  /// Reads a whole text as one JSON document.
  ///
  /// - Parameters:
  ///   - bytes: UTF-8.
  ///   - depthMax: the deepest nesting accepted (1 to 1024); an innermost container that is empty
  ///     does not count.
  /// - Returns: the document's outermost value.
  /// - Throws: `JSONError` that names the flaw and its place.
  public static func parse(
    bytes: some Sequence<UInt8>, depthMax: Int = 64
  ) throws(JSONError) -> JSONValue {
    try Array(bytes).withUnsafeBytes { raw in
      Result { () throws(JSONError) in try parse(raw, depthMax: depthMax) }
    }.get()
  }
}

extension JSONDocument {
  /// A document of its own for one text.
  static func reading(
    _ bytes: UnsafeRawBufferPointer, depthMax: Int, _ doing: String
  ) throws(JSONError) -> JSONDocument {
    guard let document = JSONDocument(depthMax: depthMax) else {
      throw JSONError(flaw: JSONFlaw(.checkerFailed, "out of memory"), doing: doing)
    }
    if let flaw = document.parse(bytes) { throw JSONError(flaw: flaw, doing: doing) }
    return document
  }
}
