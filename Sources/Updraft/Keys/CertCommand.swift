import ArgumentParser
import Competition
import Cryptography
import Identity
import ServiceRuntime

/// `updraft keys cert`: the key and certificate of a model or of the coordinator.
struct CertCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cert", abstract: "Make a key and a certificate for a model or the coordinator.",
    discussion: """
      Writes tls.key, tls.crt and a copy of ca.crt into DIR, the folder that secure mode reads. A \
      model's certificate is for the name model-node-ID.crunchdao.internal.
      """)
  @Option(help: "The model that will serve with it.") var model: String?
  @Flag(help: "The certificate is for the coordinator, a client.") var coordinator = false
  @Option(help: "The folder with ca.key and ca.crt.", completion: .directory) var ca = "."
  @Option(help: "Where the files go; the folder must exist.", completion: .directory)
  var dir: String
  @Option(help: "How long it is valid, days.") var days = ValidDays(365)
  @OptionGroup var writing: KeyWriting

  func validate() throws {
    guard (model != nil) != coordinator else {
      throw ValidationError("give either --model ID or --coordinator")
    }
  }

  func run() async throws {
    try await runKeysCommand("cert") {
      let paths = ["tls.key", "tls.crt", "ca.crt"].map { "\(dir)/\($0)" }
      try writing.expectFree(paths[0], paths[1])
      let authority = try Certificate(pem: KeyFile.read("\(ca)/ca.crt", .open))
      let authorityKey = try RSAPrivateKey(pem: KeyFile.read("\(ca)/ca.key", .secret))
      let span = days.span(from: .now())
      let order = CertificateOrder(
        commonName: model.map { "model-\($0)" } ?? "coordinator",
        role: model.map { .server(dnsName: ModelServerName.of($0)) } ?? .client,
        notBeforeSeconds: span.first, notAfterSeconds: span.last)
      if order.notAfterSeconds > authority.notAfterSeconds {
        throw StartFailure(
          "the authority ends before \(days.count) days are over, at"
            + " \(UTCTime(secondsSinceEpoch: authority.notAfterSeconds).iso8601)Z",
          remedy: "give fewer --days, or make a new authority", exitCode: .incomplete)
      }
      let key = try RSAPrivateKey.generate()
      let certificate = try authority.issue(
        order, for: key.publicKey(), signingWith: authorityKey)
      try writing.write(try key.secretPEM(), to: paths[0], .secret)
      try writing.write(try certificate.pem(), to: paths[1], .open)
      try writeAuthority(authority, to: paths[2])
      Output.line("key hash  \(KeyFingerprint.full(certificate.publicKeyDER))")
    }
  }

  /// The copy of ca.crt; one that is the same is left.
  private func writeAuthority(_ authority: Certificate, to path: String) throws {
    if let present = try? Certificate(pem: KeyFile.read(path, .open)), present.der == authority.der
    {
      return
    }
    try writing.write(try authority.pem(), to: path, .open)
  }
}
