import Resilience
import Testing

@testable import WebSocket

/// The first line of a server's answer, its fields and its body.
private func answer(to request: String, limits: WebSocketLimits = WebSocketLimits()) -> (
  status: String, text: String, events: [WebSocketEvent], server: WebSocketConnection
) {
  let server = WebSocketConnection.server(limits: limits)
  let events = server.receive(text: request)
  let text = String(decoding: server.takeOutput(), as: UTF8.self)
  return (String(text.prefix { $0 != "\r\n" }), text, events, server)
}

@Test func aGoodRequestIsAnsweredWithTheAcceptOfItsKey() {
  let answer = answer(to: request())
  #expect(answer.events == [.upgraded(path: "/condorgame")])
  #expect(
    answer.text == """
      HTTP/1.1 101 Switching Protocols\r
      Upgrade: websocket\r
      Connection: Upgrade\r
      Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r
      \r\n
      """)
}

@Test func aClientsAuthorizationReachesTheServer() {
  let server = WebSocketConnection.server()
  let client = WebSocketConnection.client(
    host: "h", port: 1, path: "/game", authorization: "Bearer 01\r\n23")
  let events = client.takeOutput().withUnsafeBytes { server.receive($0) }
  #expect(events == [.upgraded(path: "/game")])
  #expect(server.authorization == "Bearer 0123")
  let silent = WebSocketConnection.server()
  _ = silent.receive(text: request())
  #expect(silent.authorization == nil)
}

@Test func framesBehindTheHeadInTheSameReadAreNotLost() {
  let server = WebSocketConnection.server()
  let bytes = Array(request().utf8) + frame(1, Array("hi".utf8))
  #expect(
    server.receive(bytes) == [.upgraded(path: "/condorgame"), .text(Array("hi".utf8))])
}

@Test(
  arguments: [
    ("/", "/"), ("/condorgame", "/condorgame"), ("/a%20b%2Fc", "/a b/c"), ("/x?y=%zz#", "/x"),
    ("/%C3%A9", "/é"), ("/a%e2%82%ac", "/a€"), ("//", "//"),
  ])
func pathsAreDecodedAndTheirQueriesCut(target: String, path: String) {
  #expect(answer(to: request(start: "GET \(target) HTTP/1.1")).events == [.upgraded(path: path)])
}

@Test(
  arguments: [
    "condorgame", "*", "http://h/x", "/%", "/%4", "/%zz", "/%00", "/%0D%0Ax", "/%ff", "/%7f",
  ])
func badPathsAreRefused(target: String) {
  let answer = answer(to: request(start: "GET \(target) HTTP/1.1"))
  #expect(answer.status == "HTTP/1.1 400 Bad Request")
  #expect(answer.server.isClosed)
}

@Test func aRequestWithoutUpgradeGets426AndAWordOfHelp() {
  let answer = answer(to: "GET /condorgame HTTP/1.1\r\nHost: localhost\r\n\r\n")
  #expect(
    answer.text == """
      HTTP/1.1 426 Upgrade Required\r
      Upgrade: websocket\r
      Sec-WebSocket-Version: 13\r
      Content-Type: text/plain; charset=utf-8\r
      Content-Length: 61\r
      Connection: close\r
      \r
      this is a WebSocket address: connect with a WebSocket client

      """)
  guard case .failed(let error)? = answer.events.first else {
    Issue.record("no failure")
    return
  }
  #expect(error.code == .notAnUpgrade)
  #expect(answer.server.isClosed)
  #expect(answer.server.receive(text: request()).isEmpty)
}

/// What is wrong, the request, the status of the answer and the error's code.
private let badRequests: [(String, String, String, WebSocketError.Code)] = [
  ("no upgrade", request(["Upgrade": nil]), "426 Upgrade Required", .notAnUpgrade),
  ("other upgrade", request(["Upgrade": "h2c"]), "426 Upgrade Required", .notAnUpgrade),
  ("no connection", request(["Connection": "close"]), "426 Upgrade Required", .notAnUpgrade),
  (
    "HTTP/1.0", request(start: "GET / HTTP/1.0"), "426 Upgrade Required", .notAnUpgrade
  ),
  ("POST", request(start: "POST / HTTP/1.1"), "405 Method Not Allowed", .badUpgrade),
  (
    "version 8", request(["Sec-WebSocket-Version": "8"]), "426 Upgrade Required", .badUpgrade
  ),
  ("no version", request(["Sec-WebSocket-Version": nil]), "426 Upgrade Required", .badUpgrade),
  ("no key", request(["Sec-WebSocket-Key": nil]), "400 Bad Request", .badUpgrade),
  ("short key", request(["Sec-WebSocket-Key": "AAAA"]), "400 Bad Request", .badUpgrade),
  (
    "key not base64", request(["Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZ!=="]),
    "400 Bad Request", .badUpgrade
  ),
  (
    "two keys", request(adding: ["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]),
    "400 Bad Request", .badUpgrade
  ),
  ("no host", request(["Host": nil]), "400 Bad Request", .badUpgrade),
  ("two hosts", request(adding: ["Host: b"]), "400 Bad Request", .badUpgrade),
  ("a body", request(adding: ["Content-Length: 4"]), "400 Bad Request", .badUpgrade),
  (
    "a chunked body", request(adding: ["Transfer-Encoding: chunked"]), "400 Bad Request",
    .badUpgrade
  ),
  ("folded line", request(adding: [" folded"]), "400 Bad Request", .malformedHead),
  ("space before colon", request(adding: ["X : 1"]), "400 Bad Request", .malformedHead),
  ("no colon", request(adding: ["nonsense"]), "400 Bad Request", .malformedHead),
  ("bare line feed", request(adding: ["A: 1\nB: 2"]), "400 Bad Request", .malformedHead),
  ("bare return", request(adding: ["A: 1\rB: 2"]), "400 Bad Request", .malformedHead),
  ("two spaces", request(start: "GET  / HTTP/1.1"), "400 Bad Request", .malformedHead),
  ("no HTTP", "HELO example\r\n\r\n", "400 Bad Request", .malformedHead),
  ("empty lines", "\r\n\r\n", "400 Bad Request", .malformedHead),
  ("a NUL", request(adding: ["A: \u{0}"]), "400 Bad Request", .notHTTP),
  ("a TLS handshake", "\u{16}\u{3}\u{1}\u{2}", "400 Bad Request", .notHTTP),
  (
    "HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505 HTTP Version Not Supported", .notHTTP
  ),
]

@Test(arguments: badRequests)
func badRequestsAreAnsweredWithTheirStatus(
  name: String, request: String, status: String, code: WebSocketError.Code
) {
  let answer = answer(to: request)
  #expect(answer.status == "HTTP/1.1 \(status)", "\(name)")
  #expect(answer.text.contains("\r\nConnection: close\r\n"))
  guard answer.events.count == 1, case .failed(let error) = answer.events[0] else {
    Issue.record("\(name): \(answer.events)")
    return
  }
  #expect(error.code == code, "\(name)")
  #expect(answer.server.isClosed)
}

@Test func aVersionThatIsNotOursIsToldOurs() {
  let answer = answer(to: request(["Sec-WebSocket-Version": "8"]))
  #expect(answer.text.contains("\r\nSec-WebSocket-Version: 13\r\n"))
}

@Test func headRequestsGetNoBody() {
  let answer = answer(to: "HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n")
  #expect(answer.status == "HTTP/1.1 426 Upgrade Required")
  #expect(answer.text.hasSuffix("\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"))
}

@Test(arguments: [1, 100, 1 << 20])
func headsAreReadAtTheLimitAndRefusedOnePast(portionMax: Int) {
  let base = request(adding: ["X: "])
  var generator = SplitMix64(seed: 9)
  func events(byteCount: Int) -> (WebSocketConnection, [WebSocketEvent]) {
    let padding = String(repeating: "x", count: byteCount - base.utf8.count)
    let server = WebSocketConnection.server()
    let text = request(adding: ["X: " + padding])
    return (server, server.receive(text.utf8, portionMax: portionMax, &generator))
  }
  #expect(events(byteCount: 8 << 10).1 == [.upgraded(path: "/condorgame")])
  let (server, past) = events(byteCount: (8 << 10) + 1)
  guard past.count == 1, case .failed(let error) = past[0] else {
    Issue.record("\(past)")
    return
  }
  #expect(error.code == .headTooLarge)
  #expect(
    String(decoding: server.takeOutput(), as: UTF8.self)
      .hasPrefix("HTTP/1.1 431 Request Header Fields Too Large\r\n"))
}
