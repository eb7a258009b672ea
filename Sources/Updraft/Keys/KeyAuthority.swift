import Competition
import Cryptography
import Identity
import ServiceRuntime

/// An authority with its key: `ca.crt` and `ca.key` of a folder.
struct KeyAuthority {
  private let certificate: Certificate
  private let key: RSAPrivateKey

  /// Reads the files.
  init(folder: String) throws {
    certificate = try Certificate(pem: KeyFile.read("\(folder)/ca.crt", .open))
    key = try RSAPrivateKey(pem: KeyFile.read("\(folder)/ca.key", .secret))
  }

  /// Makes an authority and writes its files.
  ///
  /// - Parameters:
  ///   - name: The common name.
  ///   - organization: The organization.
  ///   - days: How long it is valid.
  ///   - folder: Where the files go; it must exist.
  ///   - files: How they are written.
  /// - Throws: `StartFailure` when a name is taken, and what the keys and files throw.
  init(
    name: String, organization: String, days: ValidDays, in folder: String, _ files: KeyFiles
  ) throws {
    let (keyPath, path) = ("\(folder)/ca.key", "\(folder)/ca.crt")
    try files.expectFree(keyPath, path)
    let span = days.span(from: .now())
    key = try RSAPrivateKey.generate()
    let order = CertificateOrder(
      commonName: name, organization: organization, role: .authority,
      notBeforeSeconds: span.first, notAfterSeconds: span.last)
    certificate = try Certificate.selfSigned(order, key: key)
    try files.write(try key.secretPEM(), to: keyPath, .secret)
    try files.write(try certificate.pem(), to: path, .open)
  }

  /// Makes a key and a certificate for it, and writes `tls.key`, `tls.crt` and `ca.crt`.
  ///
  /// - Parameters:
  ///   - model: The model that will serve with it; nil for the coordinator, a client.
  ///   - days: How long it is valid.
  ///   - folder: Where the files go; it must exist.
  ///   - files: How they are written.
  /// - Returns: The certificate.
  /// - Throws: `StartFailure` when a name is taken or the authority ends earlier, and what the keys
  ///   and files throw.
  func issue(
    model: String?, days: ValidDays, in folder: String, _ files: KeyFiles
  ) throws -> Certificate {
    let paths = ["tls.key", "tls.crt", "ca.crt"].map { "\(folder)/\($0)" }
    try files.expectFree(paths[0], paths[1])
    let span = days.span(from: .now())
    if span.last > certificate.notAfterSeconds {
      throw StartFailure(
        "the authority ends before \(days.count) days are over, at"
          + " \(UTCTime(secondsSinceEpoch: certificate.notAfterSeconds).iso8601)Z",
        remedy: "give fewer --days, or make a new authority", exitCode: .incomplete)
    }
    let order = CertificateOrder(
      commonName: model.map { "model-\($0)" } ?? "coordinator",
      role: model.map { .server(dnsName: ModelServerName.of($0)) } ?? .client,
      notBeforeSeconds: span.first, notAfterSeconds: span.last)
    let leafKey = try RSAPrivateKey.generate()
    let leaf = try certificate.issue(order, for: leafKey.publicKey(), signingWith: key)
    try files.write(try leafKey.secretPEM(), to: paths[0], .secret)
    try files.write(try leaf.pem(), to: paths[1], .open)
    try writeCopy(to: paths[2], files)
    return leaf
  }

  /// The copy of ca.crt; one that is the same is left.
  private func writeCopy(to path: String, _ files: KeyFiles) throws {
    if let present = try? Certificate(pem: KeyFile.read(path, .open)),
      present.der == certificate.der
    {
      return
    }
    try files.write(try certificate.pem(), to: path, .open)
  }
}
