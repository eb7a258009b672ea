/// Checks whole texts as JSON, at simdjson's speed: every string, number and bracket is validated.
///
/// Not `Sendable`: one per thread. Copy policy: a text is copied once into the checker's own padded
/// buffer, so the caller owes no padding and keeps its bytes. The buffers (about 15 bytes for each
/// byte of text) are kept between checks, and given back after a text of more than 1 MiB.
public final class JSONChecker {
  /// The deepest nesting accepted. An innermost container that is empty does not count.
  public let depthMax: Int
  /// The longest text accepted, bytes.
  public let bytesMax: Int

  private var document: JSONDocument?

  /// The text length up to which the buffers are kept, bytes: 20 usual answers, 16 MB of buffers.
  private static let bytesKeptMax = 1 << 20

  /// A checker for texts of at most `bytesMax` bytes and `depthMax` nested containers
  /// (1 to 1024; values outside are clamped).
  public init(depthMax: Int, bytesMax: Int) {
    self.depthMax = min(max(1, depthMax), JSONDocument.depthCeiling)
    self.bytesMax = max(0, bytesMax)
  }

  /// Checks that the whole of `bytes` is one JSON document within the limits.
  public func check(_ bytes: UnsafeRawBufferPointer) -> JSONVerdict {
    defer { giveBackLargeBuffers(after: bytes.count) }
    return verdict(on: bytes) { document in .valid(document.rootKind) }
  }

  /// Checks that `bytes` is a JSON list of exactly `stepCount` objects: one density a step. What
  /// the objects hold is the scorer's business.
  ///
  /// - Returns: `.valid(.array)`, or the flaw; `.wrongShape` when the JSON is good but something
  ///   else.
  public func checkDensities(
    _ bytes: UnsafeRawBufferPointer, stepCount: Int
  ) -> JSONVerdict {
    defer { giveBackLargeBuffers(after: bytes.count) }
    return verdict(on: bytes) { document in
      guard let list = document.objectList() else {
        return .invalid(
          JSONFlaw(
            .wrongShape,
            "\(stepCount) densities are expected in a list, got one \(document.rootKind.rawValue)"))
      }
      guard list.count == stepCount else {
        return .invalid(
          JSONFlaw(.wrongShape, "\(stepCount) densities are expected, got \(list.count)"))
      }
      if let odd = list.odd {
        return .invalid(
          JSONFlaw(
            .wrongShape,
            "density \(odd.index + 1) of \(list.count) must be an object, got \(odd.kind.rawValue)"
          ))
      }
      return .valid(.array)
    }
  }

  private func verdict(
    on bytes: UnsafeRawBufferPointer, then judge: (JSONDocument) -> JSONVerdict
  ) -> JSONVerdict {
    guard bytes.count <= bytesMax else {
      return .invalid(
        JSONFlaw(.tooLarge, "\(bytes.count) bytes of JSON are more than the limit, \(bytesMax)"))
    }
    if document == nil { document = JSONDocument(depthMax: depthMax) }
    guard let document else {
      return .invalid(JSONFlaw(.checkerFailed, "out of memory while preparing to read JSON"))
    }
    if let flaw = document.parse(bytes) { return .invalid(flaw) }
    return judge(document)
  }

  private func giveBackLargeBuffers(after byteCount: Int) {
    if byteCount > Self.bytesKeptMax { document = nil }
  }
}
