import Competition
import GatewayTestSupport
import TLSEngine
import Testing

@Suite(.timeLimit(.minutes(2)))
struct SessionTests {
  private let credentials: Credentials

  init() throws { credentials = try Credentials() }

  @Test(arguments: [1, 7, 100, Int.max])
  func bothSidesVerifyEachOtherAndTalkInPiecesOfAnySize(pieceBytes: Int) throws {
    let pair = try credentials.pair()
    pair.talk(pieceBytes: pieceBytes)
    #expect(pair.client.error == nil && pair.server.error == nil)
    #expect(pair.client.openCount == 1 && pair.server.openCount == 1)
    #expect(pair.client.session.agreement.hasPrefix("TLSv1.3 "))
    let question = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    pair.client.say(question)
    pair.server.say(Array("answer".utf8))
    pair.talk(pieceBytes: pieceBytes)
    #expect(pair.server.received == question)
    #expect(pair.client.received == Array("answer".utf8))
    pair.client.session.close()
    #expect(pair.client.session.transportEnded() == nil)
    pair.server.feed(pair.client.takeOutput(), pieceBytes)
    #expect(pair.server.endCount == 1 && pair.server.session.state == .closed)
    #expect(pair.server.session.transportEnded() == nil, "the client has said farewell")
  }

  @Test(arguments: [ScratchCertificates.Key.ec, .rsa])
  func thePeersCertificateIsReadFromTheConnectionItself(key: ScratchCertificates.Key) throws {
    let credentials = try Credentials(key: key)
    let pair = try credentials.pair()
    #expect(pair.client.session.peer == nil)
    pair.talk()
    let peer = try #require(pair.client.session.peer)
    #expect(peer.subject == "CN=model-7" && peer.issuer == "CN=Scratch ca")
    #expect(peer.names == ["model-node-7.crunchdao.internal"])
    let now = UTCTime.now()
    #expect(peer.notBefore < now && peer.notAfter.since(now) > .seconds(89 * 86_400))
    let der = try credentials.certificates.run(
      "openssl x509 -in model-7/tls.crt -noout -pubkey | openssl pkey -pubin -outform DER | "
        + "od -An -v -tx1 | tr -d ' \\n'")
    #expect(peer.publicKeyInfo.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() == der)
    #expect(pair.server.session.peer?.subject == "CN=coordinator")
  }

  @Test func whatIsSaidAtOnceSharesRecords() throws {
    let pair = try credentials.pair()
    pair.talk()
    let head = SharedBytes(capacity: 9)
    [UInt8](repeating: 1, count: 9).withUnsafeBytes { _ = head.append($0) }
    let segment = GatherBuffer.Segment(bytes: head.bytes, owner: head)
    pair.client.attempt { try $0.encrypt(Array(repeating: segment, count: 100)) }
    let bytes = pair.client.takeOutput()
    #expect(bytes.count == 900 + 22, "one record of TLS 1.3")
    pair.server.feed(bytes)
    #expect(pair.server.received.count == 900)
  }

  @Test func theOwnerMayCloseFromInsideAnEvent() throws {
    let pair = try credentials.pair()
    pair.talk()
    pair.client.onDecrypt = { $0.close() }
    pair.server.say([1])
    pair.server.say([2])
    pair.talk()
    #expect(pair.client.received == [1] && pair.client.error == nil)
    #expect(pair.server.endCount == 1)
  }

  @Test func nothingCanBeSaidBeforeThePeerIsVerified() throws {
    let pair = try credentials.pair()
    pair.client.attempt { try $0.start() }
    let greeting = pair.client.takeOutput().count
    pair.client.say(Array("secret".utf8))
    #expect(pair.client.error?.code == .truncated && greeting > 100)
    #expect(!pair.client.session.hasOutput)
  }

  @Test func anEndWithoutAFarewellIsSeen() throws {
    let pair = try credentials.pair()
    pair.client.attempt { try $0.start() }
    let inHandshake = pair.client.session.transportEnded()
    #expect(inHandshake?.code == .truncated)
    #expect(
      inHandshake?.description.contains("in the middle of the TLS handshake (0 bytes") == true)
    let open = try credentials.pair()
    open.talk()
    open.server.say([1, 2, 3])
    open.client.feed(open.server.takeOutput().dropLast(1))
    #expect(open.client.received.isEmpty, "half a record says nothing")
    #expect(open.client.session.transportEnded()?.description.contains("close_notify") == true)
    #expect(open.client.session.transportEnded() == nil, "told once")
  }

  @Test func aTamperedRecordEndsTheSessionWithAnAlert() throws {
    let pair = try credentials.pair()
    pair.talk()
    pair.server.say([1, 2, 3])
    var bytes = pair.server.takeOutput()
    bytes[bytes.count - 1] ^= 1
    pair.client.feed(bytes)
    #expect(pair.client.error?.code == .brokenRecord && pair.client.received.isEmpty)
    #expect(pair.client.session.state == .closed && pair.client.session.hasOutput)
    pair.server.feed(pair.client.takeOutput())
    #expect(pair.server.error?.code == .alert)
    #expect(pair.server.error?.description.contains("bad record mac") == true)
  }

  @Test func errorsOfOneSessionNeverReachAnother() throws {
    let broken = try credentials.pair()
    broken.talk()
    let healthy = try credentials.pair()
    broken.client.feed([23, 3, 3, 0, 3, 1, 2, 3])
    #expect(broken.client.error != nil)
    healthy.talk()
    healthy.server.say([9])
    healthy.talk()
    #expect(healthy.client.error == nil && healthy.client.received == [9])
  }
}
