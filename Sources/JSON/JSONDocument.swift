internal import CSimdJSON

/// A simdjson parser and the document that it parsed last.
///
/// Life: the C parser is made in `init` and freed in `deinit`. Copies: each `parse` copies the text
/// once into simdjson's padded buffer, so the caller owes no padding and may free its bytes at
/// once. The buffers are kept for the next text, about 15 bytes for each byte of the longest one.
final class JSONDocument {
  private let parser: OpaquePointer
  private let depthMax: Int

  /// The deepest nesting that may be asked for: what simdjson itself allows by default.
  static let depthCeiling = 1024

  /// Nil when out of memory. `depthMax` is clamped to 1…`depthCeiling`.
  init?(depthMax: Int) {
    self.depthMax = min(max(1, depthMax), Self.depthCeiling)
    guard let parser = updraft_json_parser_new(self.depthMax) else { return nil }
    self.parser = parser
  }

  deinit { updraft_json_parser_free(parser) }

  /// Parses and validates the whole text; nil when it is good.
  func parse(_ bytes: UnsafeRawBufferPointer) -> JSONFlaw? {
    let reason = updraft_json_parse(parser, bytes.baseAddress, bytes.count)
    guard reason != UPDRAFT_JSON_OK else { return nil }
    let libraryCode = updraft_json_library_code(parser)
    return flaw(for: Int(reason), in: bytes, libraryCode).with(libraryCode: libraryCode)
  }

  private func flaw(
    for reason: Int, in bytes: UnsafeRawBufferPointer, _ libraryCode: Int32
  ) -> JSONFlaw {
    switch reason {
    case UPDRAFT_JSON_CAPACITY:
      return JSONFlaw(.tooLarge, "\(bytes.count) bytes are more than the JSON reader takes")
    case UPDRAFT_JSON_DEPTH:
      return JSONFlaw(.tooDeep, "nested more than \(depthMax) levels deep")
    case UPDRAFT_JSON_EMPTY:
      return JSONFlaw(.empty, "empty text is not JSON")
    case UPDRAFT_JSON_MEMORY:
      return JSONFlaw(.checkerFailed, "out of memory while reading \(bytes.count) bytes of JSON")
    default:
      break
    }
    if let flaw = JSONFlawFinder.find(in: bytes) { return flaw }
    if reason == UPDRAFT_JSON_STRUCTURE {
      return JSONFlaw(
        .malformed,
        "commas, colons, brackets or keys are out of place in \(ByteExcerpt.start(of: bytes))")
    }
    return JSONFlaw(.checkerFailed, "simdjson refused the text with its error \(libraryCode)")
  }

  /// The kind of the parsed document's outermost value. Only after a good `parse`.
  var rootKind: JSONKind { JSONKind(shim: updraft_json_root_kind(parser)) }

  /// What an array of objects turned out to be. Only after a good `parse`.
  ///
  /// - Returns: nil when the document is not an array; else its element count, and the index and
  ///   kind of the first element that is not an object.
  func objectList() -> (count: Int, odd: (index: Int, kind: JSONKind)?)? {
    var count = 0
    var oddIndex = 0
    var oddKind: Int32 = 0
    guard updraft_json_count_objects(parser, &count, &oddIndex, &oddKind) else { return nil }
    let kind = JSONKind(shim: oddKind)
    return (count, kind == .object ? nil : (oddIndex, kind))
  }

  /// Tells the visitor every value, in document order. Only after a good `parse`.
  func visit(_ visitor: updraft_json_visitor, context: UnsafeMutableRawPointer) {
    withUnsafePointer(to: visitor) { updraft_json_visit(parser, $0, context) }
  }

  /// The members of the outermost object that are arrays of numbers. Only after a good `parse`.
  ///
  /// - Returns: nil when the document is not an object, or memory ran out.
  func numberArrays() -> [String: [Double]]? {
    var arrays: [String: [Double]] = [:]
    let result = withUnsafeMutablePointer(to: &arrays) { context in
      updraft_json_number_arrays(parser, context) { context, key, keyLength, numbers, count in
        let key = String(
          decoding: UnsafeRawBufferPointer(start: key, count: keyLength), as: UTF8.self)
        context.assumingMemoryBound(to: [String: [Double]].self).pointee[key] =
          Array(UnsafeBufferPointer(start: numbers, count: count))
      }
    }
    return result == UPDRAFT_JSON_OK ? arrays : nil
  }
}
