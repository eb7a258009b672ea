import Cryptography

/// The server's side of the handshake: judges one request and writes its answer.
enum ServerUpgrade {
  /// What the request is answered.
  struct Verdict {
    /// The answer's bytes.
    let answer: [UInt8]
    /// The path asked for, or why there is no WebSocket.
    let result: Result<String, WebSocketError>
    /// What the client says to show who it is; nil when it says nothing.
    var authorization: String?
  }

  static let doing = "answering a WebSocket upgrade"

  /// The verdict on a whole request head.
  static func judge(_ bytes: [UInt8]) -> Verdict {
    guard let head = HTTPHead(bytes) else {
      return refuse("400 Bad Request", .malformedHead, "the request head breaks HTTP's grammar")
    }
    let parts = head.startLine.split(separator: " ", omittingEmptySubsequences: false)
    guard parts.count == 3, !parts[0].isEmpty, parts[2].hasPrefix("HTTP/") else {
      return refuse("400 Bad Request", .malformedHead, "the request line is no HTTP")
    }
    guard parts[2] == "HTTP/1.1" || parts[2] == "HTTP/1.0" else {
      return refuse(
        "505 HTTP Version Not Supported", .notHTTP, "HTTP/1.1 is needed, got \(parts[2])")
    }
    let asksForUpgrade =
      parts[2] == "HTTP/1.1" && head.hasToken("websocket", in: "upgrade")
      && head.hasToken("upgrade", in: "connection")
    guard asksForUpgrade else {
      return refuse(
        "426 Upgrade Required", .notAnUpgrade,
        "this is a WebSocket address: connect with a WebSocket client",
        withBody: parts[0] != "HEAD")
    }
    return judge(head, method: parts[0], target: parts[1])
  }

  /// The verdict on a head that never ended within the limit.
  static func refuseLargeHead(bytesMax: Int) -> Verdict {
    refuse(
      "431 Request Header Fields Too Large", .headTooLarge,
      "the request head is over the limit of \(bytesMax) bytes")
  }

  /// The verdict on bytes that are no HTTP head, such as a TLS handshake.
  static func refuseForeignBytes(_ excerpt: String) -> Verdict {
    refuse(
      "400 Bad Request", .notHTTP,
      "the client does not speak plain HTTP/1.1 (got \(excerpt)); use ws://, not wss://")
  }

  private static func judge(
    _ head: HTTPHead, method: Substring, target: Substring
  ) -> Verdict {
    guard method == "GET" else {
      return refuse("405 Method Not Allowed", .badUpgrade, "an upgrade needs GET", "Allow: GET")
    }
    guard head.soleValue(of: "sec-websocket-version") == "13" else {
      return refuse("426 Upgrade Required", .badUpgrade, "Sec-WebSocket-Version must be 13")
    }
    guard head.soleValue(of: "host") != nil else {
      return refuse("400 Bad Request", .badUpgrade, "the request must have one Host")
    }
    guard head.values(of: "transfer-encoding").isEmpty,
      head.values(of: "content-length").allSatisfy({ $0 == "0" })
    else {
      return refuse("400 Bad Request", .badUpgrade, "an upgrade request must have no body")
    }
    guard let key = head.soleValue(of: "sec-websocket-key"), UpgradeKey.isValid(key) else {
      return refuse(
        "400 Bad Request", .badUpgrade, "Sec-WebSocket-Key must be the base64 of 16 bytes")
    }
    guard let path = RequestPath.decode(target: target) else {
      return refuse(
        "400 Bad Request", .badUpgrade, "the path must be percent-encoded UTF-8 after a slash")
    }
    do {
      let accept = try UpgradeKey.accept(for: key)
      let lines = [
        "HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade",
        "Sec-WebSocket-Accept: \(accept)",
      ]
      let answer = Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
      return Verdict(
        answer: answer, result: .success(path), authorization: head.soleValue(of: "authorization"))
    } catch {
      return refuse("500 Internal Server Error", .libraryFailed, error.description)
    }
  }

  private static func refuse(
    _ status: String, _ code: WebSocketError.Code, _ cause: String, _ field: String? = nil,
    withBody: Bool = true
  ) -> Verdict {
    let body = withBody ? cause + "\n" : ""
    var lines = ["HTTP/1.1 \(status)"]
    if status.hasPrefix("426") {
      lines += ["Upgrade: websocket", "Sec-WebSocket-Version: 13"]
    }
    if let field { lines.append(field) }
    lines += [
      "Content-Type: text/plain; charset=utf-8", "Content-Length: \(body.utf8.count)",
      "Connection: close", "", body,
    ]
    return Verdict(
      answer: Array(lines.joined(separator: "\r\n").utf8),
      result: .failure(WebSocketError(code, doing, cause)))
  }
}
