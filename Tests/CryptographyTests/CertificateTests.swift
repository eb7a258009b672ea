import Testing

@testable import Cryptography

private let start: Int64 = 1_800_000_000
private let year: Int64 = 365 * 86_400

private func order(
  _ role: CertificateOrder.Role, name: String = "model-9647", days: Int64 = 365
) -> CertificateOrder {
  CertificateOrder(
    commonName: name, organization: "Updraft", role: role, notBeforeSeconds: start,
    notAfterSeconds: start + days * 86_400)
}

@Test func anAuthoritySignsServersAndClients() throws {
  let authorityKey = try RSAPrivateKey.generate()
  let authority = try Certificate.selfSigned(
    order(.authority, name: "the CA"), key: authorityKey)
  #expect(authority.isAuthority && authority.isSigned(by: authority))
  #expect(authority.subject == "CN = the CA, O = Updraft" && authority.issuer == authority.subject)
  #expect(authority.notBeforeSeconds == start && authority.notAfterSeconds == start + year)
  let key = try RSAPrivateKey.generate()
  let name = "model-node-9647.crunchdao.internal"
  let server = try authority.issue(
    order(.server(dnsName: name)), for: key.publicKey(), signingWith: authorityKey)
  #expect(server.isSigned(by: authority) && !server.isSigned(by: server))
  #expect(!server.isAuthority && server.isForServers && !server.isForClients)
  #expect(server.dnsNames == [name] && server.isFor(host: name))
  #expect(!server.isFor(host: "model-node-9648.crunchdao.internal"))
  #expect(server.issuer == authority.subject)
  #expect(server.belongs(to: key) && !server.belongs(to: authorityKey))
  #expect(try key.publicKey().der == server.publicKeyDER)
  let client = try authority.issue(
    order(.client, name: "coordinator"), for: key.publicKey(), signingWith: authorityKey)
  #expect(client.isForClients && !client.isForServers && client.dnsNames.isEmpty)
  let again = try Certificate(pem: server.pem())
  #expect(again.der == server.der && again.keyDescription == "RSA, 2048 bits")
}

@Test func onlyAnAuthorityWithItsOwnKeySigns() throws {
  let key = try RSAPrivateKey.generate()
  let authority = try Certificate.selfSigned(order(.authority), key: key)
  let leaf = try authority.issue(order(.client), for: key.publicKey(), signingWith: key)
  let noAuthority = #expect(throws: CryptoError.self) {
    try leaf.issue(order(.client), for: key.publicKey(), signingWith: key)
  }
  #expect(noAuthority?.description.contains("it is no CA") == true)
  let foreign = try RSAPrivateKey.generate()
  let wrongKey = #expect(throws: CryptoError.self) {
    try authority.issue(order(.client), for: key.publicKey(), signingWith: foreign)
  }
  #expect(wrongKey?.description.contains("the private key isn't that of") == true)
}

@Test(arguments: [
  (order(.client, name: ""), "1 to 64 bytes"),
  (order(.client, name: String(repeating: "x", count: 65)), "1 to 64 bytes"),
  (order(.client, name: "a\nb"), "one line"), (order(.client, days: 0), "after its first"),
  (order(.client, days: 4_000_000), "year 10000"),
  (order(.server(dnsName: "")), "no DNS name"), (order(.server(dnsName: "a b")), "no DNS name"),
  (order(.server(dnsName: "a,DNS:b")), "no DNS name"), (order(.server(dnsName: "é")), "no DNS"),
  (order(.server(dnsName: "a..b")), "no DNS name"),
  (order(.server(dnsName: String(repeating: "a", count: 64) + ".b")), "no DNS name"),
])
func anOrderThatCannotBeCarriedOutIsRefused(order: CertificateOrder, cause: String) throws {
  let key = try RSAPrivateKey.generate()
  let error = #expect(throws: CryptoError.self) { try Certificate.selfSigned(order, key: key) }
  #expect(error?.description.contains(cause) == true, "\(String(describing: error))")
}

@Test func aTextThatIsNoCertificateIsRefused() throws {
  let key = try RSAPrivateKey.generate()
  let pem = try Certificate.selfSigned(order(.authority), key: key).pem()
  var damaged = pem
  damaged[100] = UInt8(ascii: "!")
  for (text, cause) in [
    ([], "no PEM block"), (try key.secretPEM(), "no PEM block"), (damaged, "damaged"),
    (Array(pem.dropLast(30)), "damaged"),
    (pem + [UInt8](repeating: 0x20, count: 256 << 10), "more"),
  ] {
    let error = #expect(throws: CryptoError.self) { try Certificate(pem: text) }
    #expect(error?.description.contains(cause) == true, "\(String(describing: error))")
  }
}
