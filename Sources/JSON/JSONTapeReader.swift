internal import CSimdJSON

/// Reads JSON texts into tapes, at simdjson's speed and with buffers that are kept between texts.
///
/// Not `Sendable`: one per thread. Each text is copied once, so it needs no padding. The buffers
/// (about 15 bytes for each byte of text, 16 more for each token) are given back after a text of
/// more than 1 MiB.
public final class JSONTapeReader {
  /// The deepest nesting accepted. An innermost container that is empty does not count.
  public let depthMax: Int
  /// The longest text accepted, bytes.
  public let bytesMax: Int

  private var document: JSONDocument?
  private var builder = JSONTapeBuilder()

  private static let bytesKeptMax = 1 << 20

  /// A reader of texts of at most `bytesMax` bytes and `depthMax` nested containers (1 to 1024;
  /// values outside are clamped).
  public init(depthMax: Int, bytesMax: Int) {
    self.depthMax = min(max(1, depthMax), JSONDocument.depthCeiling)
    self.bytesMax = max(0, bytesMax)
  }

  deinit { builder.free() }

  /// Reads a whole text as one JSON document and lends its tape to `body`.
  ///
  /// - Returns: what `body` returns.
  /// - Throws: `JSONError` that names the flaw and its place; `body` is not called then.
  public func withTape<Answer>(
    of bytes: UnsafeRawBufferPointer, _ body: (JSONTape) -> Answer
  ) throws(JSONError) -> Answer {
    defer { giveBackLargeBuffers(after: bytes.count) }
    let document = try parsed(bytes)
    builder.start()
    withUnsafeMutablePointer(to: &builder) {
      document.visit(JSONTapeBuilder.visitor, context: UnsafeMutableRawPointer($0))
    }
    return withExtendedLifetime(document) { body(builder.tape) }
  }

  private func parsed(_ bytes: UnsafeRawBufferPointer) throws(JSONError) -> JSONDocument {
    let doing = "reading JSON"
    guard bytes.count <= bytesMax else {
      let text = "\(bytes.count) bytes of JSON are more than the limit, \(bytesMax)"
      throw JSONError(flaw: JSONFlaw(.tooLarge, text), doing: doing)
    }
    if document == nil { document = JSONDocument(depthMax: depthMax) }
    guard let document else {
      throw JSONError(flaw: JSONFlaw(.checkerFailed, "out of memory"), doing: doing)
    }
    if let flaw = document.parse(bytes) { throw JSONError(flaw: flaw, doing: doing) }
    return document
  }

  private func giveBackLargeBuffers(after byteCount: Int) {
    guard byteCount > Self.bytesKeptMax else { return }
    document = nil
    builder.free()
  }
}

/// Writes the tokens that the shim tells. It works through a raw pointer, as the shim calls it once
/// a token and nothing else sees it meanwhile.
///
/// Life of the memory: grows as needed, kept between documents, freed by `free()`.
private struct JSONTapeBuilder {
  private var tokens: UnsafeMutablePointer<JSONTape.Token>?
  private var capacity = 0
  private var count = 0
  private var open: [Int] = []

  var tape: JSONTape { JSONTape(tokens: UnsafeBufferPointer(start: tokens, count: count)) }

  mutating func start() {
    count = 0
    open.removeAll(keepingCapacity: true)
  }

  mutating func free() {
    tokens?.deallocate()
    tokens = nil
    capacity = 0
    count = 0
  }

  mutating func push(_ kind: JSONKind, payload: UInt64, extent: Int = 0) {
    if count == capacity { grow() }
    let token = JSONTape.Token(
      payload: payload, extent: UInt32(truncatingIfNeeded: extent), kind: kind)
    tokens?.advanced(by: count).initialize(to: token)
    count += 1
  }

  mutating func begin() {
    open.append(count)
    push(.null, payload: 0)
  }

  mutating func end(_ kind: JSONKind) {
    guard let start = open.popLast() else { return }
    tokens?[start].kind = kind
    tokens?[start].extent = UInt32(truncatingIfNeeded: count)
  }

  private mutating func grow() {
    let larger = UnsafeMutablePointer<JSONTape.Token>.allocate(capacity: max(1_024, capacity * 2))
    if let tokens {
      larger.moveInitialize(from: tokens, count: count)
      tokens.deallocate()
    }
    tokens = larger
    capacity = max(1_024, capacity * 2)
  }

  /// The functions that the shim calls, with a builder's address as their context.
  static var visitor: updraft_json_visitor {
    updraft_json_visitor(
      null: { builder($0).pointee.push(.null, payload: 0) },
      boolean: { builder($0).pointee.push(.bool, payload: Double($1 ? 1 : 0).bitPattern) },
      integer: { builder($0).pointee.push(.number, payload: Double($1).bitPattern) },
      real: { builder($0).pointee.push(.number, payload: $1.bitPattern) },
      string: {
        builder($0).pointee.push(.string, payload: UInt64(UInt(bitPattern: $1)), extent: $2)
      },
      key: {
        builder($0).pointee.push(.string, payload: UInt64(UInt(bitPattern: $1)), extent: $2)
      },
      begin: { builder($0).pointee.begin() },
      end_array: { builder($0).pointee.end(.array) },
      end_object: { builder($0).pointee.end(.object) })
  }
}

private func builder(_ context: UnsafeMutableRawPointer) -> UnsafeMutablePointer<JSONTapeBuilder> {
  context.assumingMemoryBound(to: JSONTapeBuilder.self)
}
