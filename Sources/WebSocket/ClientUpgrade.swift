import Cryptography

/// The client's side of the handshake: one request, and what may answer it.
struct ClientUpgrade {
  /// What the server's head means.
  enum Answer {
    /// The connection is a WebSocket now.
    case accepted
    /// Another status; the body that explains it may follow.
    case refused(status: Int, bodyByteCount: BodyByteCount)
    /// The head breaks the rules.
    case failed(WebSocketError)
  }

  /// How long the body of a refusal is.
  enum BodyByteCount: Equatable {
    /// So many bytes; 0 also for a body in a form that is not read.
    case exactly(Int)
    /// Up to the end of the transport.
    case untilEnd
  }

  static let doing = "opening a WebSocket"

  /// The path asked for, as the caller gave it.
  let path: String
  /// The request's bytes.
  let request: [UInt8]
  private let acceptExpected: String

  /// Prepares the request, with a fresh random key.
  ///
  /// - Throws: `CryptoError` when there is no randomness.
  init(
    host: String, port: UInt16, path: String, authorization: String? = nil
  ) throws(CryptoError) {
    let key = try UpgradeKey.fresh()
    self.path = path
    acceptExpected = try UpgradeKey.accept(for: key)
    var lines = [
      "GET \(RequestPath.encode(path)) HTTP/1.1",
      "Host: \(RequestPath.encode(host: host)):\(port)",
      "Upgrade: websocket",
      "Connection: Upgrade",
      "Sec-WebSocket-Key: \(key)",
      "Sec-WebSocket-Version: 13",
    ]
    if let authorization {
      // Nothing that could end the line and begin a field of its own.
      let printable = authorization.unicodeScalars.filter { (0x20...0x7E).contains($0.value) }
      lines.append("Authorization: \(String(String.UnicodeScalarView(printable)))")
    }
    request = Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
  }

  /// Whether what has arrived can still become an HTTP/1 answer.
  static func canBeHTTP(_ bytes: [UInt8]) -> Bool {
    zip(bytes, "HTTP/1.".utf8).allSatisfy { $0 == $1 }
  }

  /// Reads the server's head.
  func read(_ bytes: [UInt8]) -> Answer {
    guard let head = HTTPHead(bytes), let status = Self.status(of: head.startLine) else {
      return .failed(
        WebSocketError(
          .malformedHead, Self.doing, "the answer is no HTTP/1.1; check host and port"))
    }
    guard status == 101 else {
      return .refused(status: status, bodyByteCount: Self.bodyByteCount(of: head, status: status))
    }
    let cause: String? =
      if !head.hasToken("websocket", in: "upgrade") {
        "the 101 answer lacks \"Upgrade: websocket\""
      } else if !head.hasToken("upgrade", in: "connection") {
        "the 101 answer lacks \"Connection: Upgrade\""
      } else if head.soleValue(of: "sec-websocket-accept") != acceptExpected {
        "the Sec-WebSocket-Accept of the answer does not fit our key; a cache may be in between"
      } else if !head.values(of: "sec-websocket-extensions").isEmpty {
        "the answer names an extension that was not asked for"
      } else if !head.values(of: "sec-websocket-protocol").isEmpty {
        "the answer names a subprotocol that was not asked for"
      } else {
        nil
      }
    guard let cause else { return .accepted }
    return .failed(WebSocketError(.badUpgrade, Self.doing, cause))
  }

  private static func status(of line: String) -> Int? {
    let parts = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count >= 2, parts[0] == "HTTP/1.1" || parts[0] == "HTTP/1.0",
      parts[1].utf8.count == 3, let status = UInt16(parts[1]), (100..<600).contains(status)
    else { return nil }
    return Int(status)
  }

  private static func bodyByteCount(of head: HTTPHead, status: Int) -> BodyByteCount {
    if status < 200 || status == 204 || status == 304 { return .exactly(0) }
    if !head.values(of: "transfer-encoding").isEmpty { return .exactly(0) }
    guard let value = head.soleValue(of: "content-length") else { return .untilEnd }
    guard value.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return .untilEnd }
    return Int(value).map { .exactly($0) } ?? .untilEnd
  }
}
