import Resilience
import Testing

@testable import WebSocket

/// A client, and the accept value that fits the key which it sent.
private func client(limits: WebSocketLimits = WebSocketLimits()) throws -> (
  connection: WebSocketConnection, accept: String
) {
  let client = WebSocketConnection.client(
    host: "localhost", port: 9091, path: "/condorgame", limits: limits)
  let head = try #require(HTTPHead(client.takeOutput()))
  let key = try #require(head.soleValue(of: "sec-websocket-key"))
  return (client, try UpgradeKey.accept(for: key))
}

private func upgradeAnswer(_ accept: String, adding extra: [String] = []) -> String {
  let lines = [
    "HTTP/1.1 101 Switching Protocols", "upgrade: WebSocket", "CONNECTION:upgrade",
    "Sec-WebSocket-Accept: \(accept)  ",
  ]
  return (lines + extra).joined(separator: "\r\n") + "\r\n\r\n"
}

/// The error of a connection's only event; nil when it was anything else.
private func failure(_ events: [WebSocketEvent]) -> WebSocketError? {
  guard events.count == 1, case .failed(let error) = events[0] else { return nil }
  return error
}

@Test func theRequestIsInTheOutputAtOnce() throws {
  let client = WebSocketConnection.client(host: "localhost", port: 9091, path: "/condorgame")
  let head = try #require(HTTPHead(client.takeOutput()))
  #expect(head.startLine == "GET /condorgame HTTP/1.1")
  #expect(head.soleValue(of: "host") == "localhost:9091")
  #expect(head.soleValue(of: "upgrade") == "websocket")
  #expect(head.soleValue(of: "connection") == "Upgrade")
  #expect(head.soleValue(of: "sec-websocket-version") == "13")
  let key = try #require(head.soleValue(of: "sec-websocket-key"))
  #expect(UpgradeKey.isValid(key))
}

@Test(
  arguments: [
    ("/a b", "/a%20b"), ("condorgame", "/condorgame"), ("", "/"), ("/é?x%", "/%C3%A9%3Fx%25"),
    ("/x HTTP/1.1\r\nEvil: 1", "/x%20HTTP/1.1%0D%0AEvil:%201"),
  ])
func pathsAreEncodedAndArriveAsTheyWere(path: String, encoded: String) {
  #expect(RequestPath.encode(path) == encoded)
  #expect(
    RequestPath.decode(target: encoded[...])
      == (path.contains("\r\n") ? nil : path.hasPrefix("/") ? path : "/" + path))
}

@Test(
  arguments: [
    ("localhost", "localhost"), ("127.0.0.1", "127.0.0.1"), ("::1", "[::1]"), ("[::1]", "[::1]"),
    ("a\r\nEvil: 1", "[a%0D%0AEvil:%201]"), ("a\r\nb", "a%0D%0Ab"),
  ])
func hostsCannotBreakTheHead(host: String, encoded: String) {
  #expect(RequestPath.encode(host: host) == encoded)
}

@Test func aGoodAnswerOpensAndBytesBehindItAreFrames() throws {
  let (client, accept) = try client()
  let bytes = Array(upgradeAnswer(accept).utf8) + frame(1, Array("hi".utf8), mask: nil)
  #expect(
    client.receive(bytes) == [.upgraded(path: "/condorgame"), .text(Array("hi".utf8))])
}

@Test func answersThatDoNotFitTheHandshakeFail() throws {
  let answers: [(String) -> String] = [
    { _ in upgradeAnswer("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") },
    { upgradeAnswer($0, adding: ["Sec-WebSocket-Accept: \($0)"]) },
    { upgradeAnswer($0, adding: ["Sec-WebSocket-Extensions: permessage-deflate"]) },
    { upgradeAnswer($0, adding: ["Sec-WebSocket-Protocol: chat"]) },
    { "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: \($0)\r\n\r\n" },
    { "HTTP/1.1 101 x\r\nConnection: upgrade\r\nSec-WebSocket-Accept: \($0)\r\n\r\n" },
  ]
  for answer in answers {
    let (client, accept) = try client()
    #expect(failure(client.receive(text: answer(accept)))?.code == .badUpgrade)
    #expect(client.isClosed)
  }
}

@Test(
  arguments: [
    ("SSH-2.0-OpenSSH_9.2\r\n", "(got \"SSH-2.0-OpenSSH_9.2..\")"),
    ("\u{0}\u{0}\u{12}\u{4}", "(got \"....\")"),
    ("<html>", "(got \"<html>\")"),
    ("HTTP/2 200\r\n", "(got \"HTTP/2 200..\")"),
  ])
func aPeerThatIsNoHTTPServerIsNamedAtOnce(bytes: String, excerpt: String) throws {
  let error = failure(try client().connection.receive(text: bytes))
  #expect(error?.code == .notHTTP)
  #expect(
    error?.description
      == "opening a WebSocket: not an HTTP server \(excerpt); check host and port")
}

@Test(
  arguments: [
    "HTTP/1.1 xyz\r\n\r\n", "HTTP/1.1\r\n\r\n", "HTTP/1.1 0101 x\r\n\r\n",
    "HTTP/1.1 200 OK\nA: b\n\r\n\r\n", "HTTP/1.9 101 x\r\n\r\n",
  ])
func answersThatBreakTheGrammarFail(text: String) throws {
  #expect(failure(try client().connection.receive(text: text))?.code == .malformedHead)
}

@Test(arguments: [1, 5, 1 << 20])
func anotherStatusIsARefusalWithItsText(portionMax: Int) throws {
  var generator = SplitMix64(seed: UInt64(portionMax))
  let text = "HTTP/1.1 503 Busy\r\nContent-Length: 5\r\n\r\nlaterIGNORED"
  let (client, _) = try client()
  #expect(
    client.receive(text.utf8, portionMax: portionMax, &generator)
      == [.refused(status: 503, body: "later")])
  #expect(client.isClosed)
}

@Test func aRefusalWithoutLengthEndsWithTheTransport() throws {
  let (client, _) = try client()
  #expect(client.receive(text: "HTTP/1.0 404 No\r\n\r\nnot ").isEmpty)
  #expect(client.receive(text: "here").isEmpty)
  #expect(client.transportEnded() == [.refused(status: 404, body: "not here")])
}

@Test(
  arguments: [
    "HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello",
    "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n",
  ])
func aRefusalWithoutReadableBodyIsToldAtOnce(text: String) throws {
  #expect(try client().connection.receive(text: text) == [.refused(status: 404, body: "")])
}

@Test func aRefusalsTextIsCutAtItsLimit() throws {
  let bytesMax = WebSocketLimits.refusalBytesMax
  for byteCount in [bytesMax, bytesMax + 1] {
    let body = String(repeating: "x", count: byteCount)
    let (client, _) = try client()
    let events = client.receive(text: "HTTP/1.1 500 No\r\n\r\n" + body)
    #expect(events == [.refused(status: 500, body: String(body.prefix(bytesMax)))])
  }
}

@Test func anEndlessHeadIsGivenUpAtTheLimit() throws {
  let (client, accept) = try client(limits: WebSocketLimits(headBytesMax: 400))
  let base = upgradeAnswer(accept, adding: ["X: "]).utf8.count
  let fill = String(repeating: "x", count: 400 - base)
  #expect(client.receive(text: upgradeAnswer(accept, adding: ["X: " + fill])).count == 1)
  #expect(!client.isClosed)
  let other = try newClient(headBytesMax: 400)
  let error = failure(other.receive(text: "HTTP/1.1 200 OK\r\nX: " + fill + fill))
  #expect(error?.code == .headTooLarge)
}

private func newClient(headBytesMax: Int) throws -> WebSocketConnection {
  try client(limits: WebSocketLimits(headBytesMax: headBytesMax)).connection
}
