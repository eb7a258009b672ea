import Competition
import GatewayTestSupport
import TLSEngine
import Testing

@Suite(.timeLimit(.minutes(2)))
struct HostilePeerTests {
  private let credentials: Credentials

  init() throws { credentials = try Credentials() }

  private func startedClient() throws -> Side {
    let client = try credentials.pair().client
    client.attempt { try $0.start() }
    return client
  }

  @Test(arguments: [
    (
      "HTTP/1.1 400 Bad Request\r\n",
      "not a TLS server (got \"HTTP/1.1 400 Bad Request..\")"
    ),
    ("SSH-2.0-OpenSSH_9.2", "not a TLS server (got \"SSH-2.0-OpenSSH_9.2\")"),
    ("\0\0\u{6}\u{4}\0\0\0\0\0", "not a TLS server (it speaks HTTP/2 without TLS)"),
    (
      String(repeating: "x", count: 100),
      "not a TLS server (got \"\(String(repeating: "x", count: 32))\")"
    ),
  ])
  func aServerWithoutTLSIsRecognised(bytes: String, text: String) throws {
    let client = try startedClient()
    client.feed(Array(bytes.utf8))
    #expect(client.error?.code == .notTLS && client.error?.description == text)
  }

  @Test(arguments: ["GET / HTTP/1.1\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"])
  func aClientWithoutTLSIsRecognised(bytes: String) throws {
    let server = try credentials.pair().server
    server.feed(Array(bytes.utf8))
    #expect(server.error?.code == .notTLS && !server.session.hasOutput)
    #expect(server.error?.description.hasPrefix("not a TLS client (got \"") == true)
  }

  @Test func recordsThatHoldNonsenseEndTheHandshake() throws {
    let client = try startedClient()
    client.feed([22, 3, 3, 0, 5, 99, 0, 0, 1, 7])
    #expect(client.error?.code == .brokenRecord)
    let closed = client.session
    #expect(closed.state == .closed && closed.transportEnded() == nil)
  }

  @Test func aMessageOfSixteenMegabytesIsRefusedFromItsLength() throws {
    let client = try startedClient()
    client.feed([22, 3, 3, 0, 5, 2, 0xFF, 0xFF, 0xFF, 3])
    #expect(client.error?.code == .overLimit)
  }

  @Test func aHandshakeThatNeverEndsIsCutAtItsLimit() throws {
    let client = try startedClient()
    // Before a server's greeting, requests for a greeting mean nothing and must be ignored.
    let request: [UInt8] = [22, 3, 3, 0, 4, 0, 0, 0, 0]
    for _ in 0..<TLSLimits.handshakeBytesMax / request.count { client.feed(request) }
    #expect(client.error == nil && client.session.state == .handshaking)
    client.feed(request)
    #expect(client.error?.code == .overLimit && client.session.state == .closed)
  }

  @Test func aFloodOfTinyRecordsIsCutAtItsLimit() throws {
    let pair = try credentials.pair()
    pair.talk()
    // 23 bytes of record for one of content.
    let allowed = TLSLimits.overheadBytesMax / (22 - TLSLimits.overheadFactorMax)
    for _ in 0..<allowed { pair.client.say([1]) }
    pair.server.feed(pair.client.takeOutput())
    #expect(pair.server.error == nil && pair.server.received.count == allowed)
    for _ in 0..<2 { pair.client.say([1]) }
    pair.server.feed(pair.client.takeOutput())
    #expect(pair.server.error?.code == .overLimit)
  }

  @Test func bytesAfterTheEndAreIgnored() throws {
    let pair = try credentials.pair()
    pair.talk()
    pair.server.say([1])
    pair.server.session.close()
    let bytes = pair.server.takeOutput()
    pair.client.feed(bytes + bytes)
    #expect(pair.client.endCount == 1 && pair.client.error == nil && pair.client.received == [1])
    pair.client.feed([1, 2, 3])
    #expect(pair.client.error == nil)
  }

  @Test func aTruncatedHandshakeOfAnyLengthOpensNothing() throws {
    let whole = try credentials.pair()
    whole.client.attempt { try $0.start() }
    whole.server.feed(whole.client.takeOutput())
    let flightBytes = whole.server.takeOutput().count
    for cut in stride(from: 1, to: flightBytes, by: 97) {
      let pair = try credentials.pair()
      pair.client.attempt { try $0.start() }
      pair.server.feed(pair.client.takeOutput())
      pair.client.feed(Array(pair.server.takeOutput().prefix(min(cut, flightBytes - 40))))
      #expect(pair.client.openCount == 0 && pair.client.error == nil)
      #expect(pair.client.session.transportEnded()?.code == .truncated)
    }
  }
}
