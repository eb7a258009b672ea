import Cryptography
import Dispatch
public import JSON
import Synchronization

/// The bytes of an answer, with their ETag, and compressed once somebody takes them so.
public final class ReportBody: Sendable {
  /// The bytes as they are.
  public let bytes: [UInt8]
  /// The ETag of the bytes in any encoding: `W/"…"`, 128 bits of their SHA-256.
  public let tag: String
  /// Smaller bodies are sent as they are: they fit one packet.
  static let gzipBytesMin = 1_000

  private struct Forms {
    var gzip: ReportBody?
    var transport: (any Sendable)?
  }
  private let forms = Mutex(Forms())

  /// A body of these bytes.
  public init(_ bytes: [UInt8]) {
    self.bytes = bytes
    tag = Self.tag(of: bytes)
  }

  /// The bytes of a body with the tag of another form of it.
  private init(_ bytes: [UInt8], tag: String) {
    self.bytes = bytes
    self.tag = tag
  }

  /// A body of a JSON value's text.
  public convenience init(json: JSONValue) {
    var bytes: [UInt8] = []
    json.append(to: &bytes)
    self.init(bytes)
  }

  /// The body in the server's own form, made from the bytes once.
  public func form<Form: Sendable>(_ make: ([UInt8]) -> Form) -> Form {
    forms.withLock { forms in
      if let made = forms.transport as? Form { return made }
      let made = make(bytes)
      forms.transport = made
      return made
    }
  }

  /// The body compressed, made once on a thread where it holds up nobody; nil when that gains
  /// nothing.
  func gzipped() async -> ReportBody? {
    guard bytes.count >= Self.gzipBytesMin else { return nil }
    if let made = forms.withLock(\.gzip) { return made }
    let made = await withCheckedContinuation { done in
      DispatchQueue.global().async { done.resume(returning: Gzip.compressed(self.bytes)) }
    }
    guard let made, made.count < bytes.count else { return nil }
    let body = ReportBody(made, tag: tag)
    forms.withLock { $0.gzip = body }
    return body
  }

  /// Bytes held, all forms together.
  var heldBytes: Int { bytes.count + (forms.withLock(\.gzip)?.bytes.count ?? 0) }

  private static func tag(of bytes: [UInt8]) -> String {
    // Without SHA-256 (a restricted OpenSSL) a tag that never matches: correct, only slower.
    let digest = (try? Digest.sha256.of(bytes)) ?? (0..<32).map { _ in UInt8.random(in: 0...255) }
    let digits = Array("0123456789abcdef".utf8)
    let text = digest.prefix(16).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    return "W/\"\(String(decoding: text, as: UTF8.self))\""
  }
}
