import Competition
import GatewayTestSupport
import TLSEngine
import Testing

@Suite(.timeLimit(.minutes(2)))
struct CertificateFaultTests {
  private let certificates: ScratchCertificates

  init() throws { certificates = try ScratchCertificates() }

  /// What the client says of a server, which the server must be told, too.
  private func refusal(client: TLSFiles? = nil, server: TLSFiles) throws -> TLSError {
    let pair = try SessionPair(client: client ?? certificates.issue("c"), server: server)
    pair.talk()
    #expect(pair.client.openCount == 0, "nothing is sent to a peer that is not verified")
    #expect(pair.server.openCount == 0 && pair.server.error != nil)
    return try #require(pair.client.error)
  }

  @Test func aServerOfAnotherAuthorityIsRefused() throws {
    let error = try refusal(server: certificates.issueModel("7", by: "other"))
    #expect(error.code == .untrustedIssuer)
    #expect(error.description.contains("issued by CN=Scratch other, which is not a CA"))
    #expect(error.description.contains("CN=model-7, valid from 20"))
  }

  @Test func aServerWithACertificateOfTheSameAuthorityForAnotherModelIsRefused() throws {
    let error = try refusal(server: certificates.issueModel("8"))
    #expect(error.code == .wrongName)
    #expect(
      error.description.contains(
        "is not for model-node-7.crunchdao.internal but for model-node-8.crunchdao.internal"))
  }

  @Test func anExpiredServerIsRefusedWithItsDates() throws {
    let error = try expect(.past)
    #expect(error.code == .expired)
    #expect(error.description.contains("the server's certificate has expired: CN=model-7, valid"))
  }

  @Test func aServerOfTheFutureIsRefusedWithItsDates() throws {
    let error = try expect(.future)
    #expect(error.code == .notYetValid)
    #expect(error.description.contains("the server's certificate is not valid yet: CN=model-7"))
  }

  /// The server's own context would refuse such a certificate: it is read at a time when it was
  /// valid.
  private func expect(_ validity: ScratchCertificates.Validity) throws -> TLSError {
    let files = try certificates.issueModel("7", validity: validity)
    let then = UTCTime.now().advanced(by: .seconds(validity == .past ? -2 * 86_400 : 2 * 86_400))
    var withoutCA = files
    withoutCA.ca = nil
    let server = Side(try TLSSession(server: TLSContext(.server, withoutCA, now: then)))
    let client = Side(
      try TLSSession(
        client: TLSContext(.client, certificates.issue("c")),
        serverName: "model-node-7.crunchdao.internal"))
    client.attempt { try $0.start() }
    server.feed(client.takeOutput())
    client.feed(server.takeOutput())
    #expect(client.openCount == 0)
    return try #require(client.error)
  }

  @Test func aClientThatTheServerRefusesLearnsWhy() throws {
    let stranger = try certificates.issue("stranger", by: "other")
    let pair = try SessionPair(client: stranger, server: certificates.issueModel("7"))
    pair.talk()
    #expect(pair.server.error?.code == .untrustedIssuer && pair.server.openCount == 0)
    #expect(pair.server.error?.description.contains("the client's certificate was issued") == true)
    let error = try #require(pair.client.error)
    #expect(error.code == .refusedByPeer)
    #expect(error.description.contains("the server refused (unknown CA) our certificate: CN=stran"))
  }

  @Test func aClientWithoutACertificateLearnsThatItNeedsOne() throws {
    let model = try certificates.issueModel("7")
    let pair = try SessionPair(client: TLSFiles(ca: model.ca), server: model)
    pair.talk()
    #expect(pair.server.error?.code == .noCertificate)
    #expect(pair.client.error?.code == .refusedByPeer)
    #expect(pair.client.error?.description.contains("we have no certificate") == true)
  }

  @Test func aServerWithoutACATakesClientsWithoutACertificate() throws {
    let model = try certificates.issueModel("7")
    var open = model
    open.ca = nil
    let pair = try SessionPair(client: TLSFiles(ca: model.ca), server: open)
    pair.talk()
    #expect(pair.client.error == nil && pair.server.openCount == 1)
    #expect(pair.server.session.peer == nil)
  }

  @Test func anAddressIsAcceptedAsAServersName() throws {
    let model = try certificates.issue("server", names: ["localhost"])
    try certificates.run(
      """
      echo "subjectAltName = IP:127.0.0.1" > server/extensions
      openssl x509 -req -in server/request -CA ca.crt -CAkey ca.key -days 5 -out server/tls.crt \
        -extfile server/extensions
      """)
    let good = try SessionPair(client: certificates.issue("c"), server: model, name: "127.0.0.1")
    good.talk()
    #expect(good.client.error == nil && good.client.openCount == 1)
    let bad = try SessionPair(client: certificates.issue("c"), server: model, name: "127.0.0.2")
    bad.talk()
    #expect(bad.client.error?.code == .wrongName)
  }

  @Test func theSystemsAuthoritiesDoNotVouchForAModel() throws {
    let error = try refusal(client: TLSFiles(ca: nil), server: certificates.issueModel("7"))
    #expect(error.code == .untrustedIssuer)
  }
}
