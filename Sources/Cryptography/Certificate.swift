internal import COpenSSL

/// An X.509 certificate, read once and never changed.
///
/// Freed in `deinit`. Its extensions are parsed at the start, after which OpenSSL only reads it, so
/// threads may share one.
public final class Certificate: Sendable {
  nonisolated(unsafe) let raw: OpaquePointer
  /// The certificate itself, DER.
  public let der: [UInt8]
  /// The DER SubjectPublicKeyInfo (RFC 5280, 4.1) of its key: what a delegation names.
  public let publicKeyDER: [UInt8]
  /// Whom it is for, on one line: `CN = model-7`.
  public let subject: String
  /// Who signed it, on one line.
  public let issuer: String
  /// The first second of its validity, Unix seconds.
  public let notBeforeSeconds: Int64
  /// The last second of its validity, Unix seconds.
  public let notAfterSeconds: Int64
  /// The DNS names of its subjectAltName, in their order.
  public let dnsNames: [String]
  /// Whether it may sign other certificates (basicConstraints CA).
  public let isAuthority: Bool

  /// The longest text that is read, bytes.
  public static let pemBytesMax = 256 << 10
  /// The longest name that is shown, bytes.
  static let nameBytesMax = 512

  /// Takes over one reference to a certificate of OpenSSL's.
  init(adopting raw: OpaquePointer, _ doing: String) throws(CryptoError) {
    guard let der = derBytes({ i2d_X509(raw, $0) }),
      let key = X509_get0_pubkey(raw), let publicKey = derBytes({ i2d_PUBKEY(key, $0) }),
      let notBefore = X509_get0_notBefore(raw).flatMap(unixSeconds),
      let notAfter = X509_get0_notAfter(raw).flatMap(unixSeconds)
    else {
      X509_free(raw)
      throw .library(doing, "its key or its dates can't be read")
    }
    self.raw = raw
    self.der = der
    publicKeyDER = publicKey
    subject = nameText(X509_get_subject_name(raw))
    issuer = nameText(X509_get_issuer_name(raw))
    notBeforeSeconds = notBefore
    notAfterSeconds = notAfter
    dnsNames = alternativeNames(raw)
    // Also makes OpenSSL parse and keep all extensions now, on this thread.
    isAuthority = X509_check_ca(raw) == 1
    ERR_clear_error()
  }

  deinit { X509_free(raw) }

  /// Reads the first certificate of a PEM text.
  ///
  /// - Throws: `CryptoError` when there is none, or it is damaged.
  public convenience init(pem: [UInt8]) throws(CryptoError) {
    let doing = "reading a certificate"
    guard pem.count <= Self.pemBytesMax else {
      throw .unsuitable(doing, "\(pem.count) bytes are more than \(Self.pemBytesMax)")
    }
    guard pem.contains("CERTIFICATE-----".utf8) else {
      throw .unsuitable(doing, "it holds no PEM block with a CERTIFICATE")
    }
    let raw = pem.withUnsafeBytes { bytes -> OpaquePointer? in
      guard let input = MemoryBIO(reading: bytes) else { return nil }
      return PEM_read_bio_X509(input.raw, nil, nil, nil)
    }
    guard let raw else { throw .library(doing, "its PEM block is damaged") }
    try self.init(adopting: raw, doing)
  }

  /// The certificate as PEM text.
  ///
  /// - Throws: `CryptoError` when OpenSSL has no memory.
  public func pem() throws(CryptoError) -> [UInt8] {
    guard let output = MemoryBIO(), PEM_write_bio_X509(output.raw, raw) == 1 else {
      throw .library("writing a certificate", "OpenSSL could not encode it")
    }
    return output.bytes
  }

  /// `RSA, 2048 bits`.
  public var keyDescription: String {
    guard let key = X509_get0_pubkey(raw) else { return "unknown" }
    let name = EVP_PKEY_get0_type_name(key).map { String(cString: $0) } ?? "unknown"
    return "\(name), \(EVP_PKEY_get_bits(key)) bits"
  }

  /// Whether its signature was made by the key of `authority`. Dates and rights are not looked at.
  public func isSigned(by authority: Certificate) -> Bool {
    defer { ERR_clear_error() }
    guard let key = X509_get0_pubkey(authority.raw) else { return false }
    return X509_verify(raw, key) == 1
  }

  /// Whether a TLS client that connects to `host` would take the certificate's name.
  public func isFor(host: String) -> Bool {
    defer { ERR_clear_error() }
    return X509_check_host(raw, host, host.utf8.count, 0, nil) == 1
  }

  /// Whether it may be shown by a TLS server.
  public var isForServers: Bool { mayServe(X509_PURPOSE_SSL_SERVER) }

  /// Whether it may be shown by a TLS client.
  public var isForClients: Bool { mayServe(X509_PURPOSE_SSL_CLIENT) }

  private func mayServe(_ purpose: Int32) -> Bool {
    defer { ERR_clear_error() }
    return X509_check_purpose(raw, purpose, 0) == 1
  }

  /// Whether `key` is the private half of its key.
  public func belongs(to key: RSAPrivateKey) -> Bool {
    defer { ERR_clear_error() }
    return X509_check_private_key(raw, key.raw) == 1
  }
}

/// Seconds since 1970 of a certificate's time; nil when it is no date.
private func unixSeconds(_ time: UnsafePointer<ASN1_TIME>) -> Int64? {
  guard let epoch = ASN1_TIME_set(nil, 0) else { return nil }
  defer { ASN1_STRING_free(epoch) }
  var days: Int32 = 0
  var seconds: Int32 = 0
  guard ASN1_TIME_diff(&days, &seconds, epoch, time) == 1 else { return nil }
  return Int64(days) * 86_400 + Int64(seconds)
}

private func nameText(_ name: OpaquePointer?) -> String {
  guard let name, let output = MemoryBIO(), updraft_print_name(output.raw, name) >= 0 else {
    return ""
  }
  return String(decoding: output.bytes.prefix(Certificate.nameBytesMax), as: UTF8.self)
}

/// The DNS names of the subjectAltName; a name with a NUL in it, an old trick, is left out.
private func alternativeNames(_ certificate: OpaquePointer) -> [String] {
  guard let raw = X509_get_ext_d2i(certificate, NID_subject_alt_name, nil, nil) else { return [] }
  let names = OpaquePointer(raw)
  defer { GENERAL_NAMES_free(names) }
  return (0..<updraft_name_count(names)).compactMap { index in
    guard let name = updraft_dns_name(names, index), let start = ASN1_STRING_get0_data(name) else {
      return nil
    }
    let bytes = UnsafeBufferPointer(start: start, count: Int(ASN1_STRING_length(name)))
    guard bytes.allSatisfy({ (0x21..<0x7f).contains($0) }) else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }
}
