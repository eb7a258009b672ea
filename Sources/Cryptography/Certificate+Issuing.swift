internal import COpenSSL

extension Certificate {
  /// Makes an authority that signs itself.
  ///
  /// - Throws: `CryptoError` for an order that can't be carried out.
  public static func selfSigned(
    _ order: CertificateOrder, key: RSAPrivateKey
  ) throws(CryptoError) -> Certificate {
    try issue(order, for: key.publicKey(), by: nil, signingWith: key)
  }

  /// Makes a certificate for the holder of `publicKey`, signed by this authority.
  ///
  /// - Parameters:
  ///   - order: what it is to say; its dates may go beyond the authority's, but count no longer.
  ///   - publicKey: the holder's key.
  ///   - key: this authority's private key.
  /// - Returns: the certificate.
  /// - Throws: `CryptoError` when this is no authority, the key isn't its own, or the order can't
  ///   be carried out.
  public func issue(
    _ order: CertificateOrder, for publicKey: RSAPublicKey, signingWith key: RSAPrivateKey
  ) throws(CryptoError) -> Certificate {
    guard isAuthority else {
      throw .unsuitable(issuing, "\"\(subject)\" may not sign certificates: it is no CA")
    }
    guard belongs(to: key) else {
      throw .unsuitable(issuing, "the private key isn't that of \"\(subject)\"")
    }
    return try Self.issue(order, for: publicKey, by: self, signingWith: key)
  }

  private static func issue(
    _ order: CertificateOrder, for publicKey: RSAPublicKey, by authority: Certificate?,
    signingWith key: RSAPrivateKey
  ) throws(CryptoError) -> Certificate {
    if let problem = order.problem { throw .unsuitable(issuing, problem) }
    guard let raw = X509_new() else { throw .library(issuing, "OpenSSL has no memory") }
    var draft: OpaquePointer? = raw
    defer { X509_free(draft) }
    guard X509_set_version(raw, Int(X509_VERSION_3)) == 1,
      try setSerialNumber(raw), publicKey.put(into: raw), setSubject(raw, order),
      ASN1_TIME_set(X509_getm_notBefore(raw), Int(order.notBeforeSeconds)) != nil,
      ASN1_TIME_set(X509_getm_notAfter(raw), Int(order.notAfterSeconds)) != nil,
      X509_set_issuer_name(raw, X509_get_subject_name(authority?.raw ?? raw)) == 1
    else { throw .library(issuing, "OpenSSL refused a field") }
    for (id, value) in order.role.extensions {
      guard add(id, value, to: raw, issuedBy: authority?.raw ?? raw) else {
        throw .library(issuing, "OpenSSL refused the extension \(value)")
      }
    }
    guard X509_sign(raw, key.raw, EVP_sha256()) > 0 else {
      throw .library(issuing, "OpenSSL could not sign it")
    }
    draft = nil
    return try Certificate(adopting: raw, issuing)
  }

  /// 127 random bits: positive, and never the same twice (RFC 5280, 4.1.2.2).
  private static func setSerialNumber(_ raw: OpaquePointer) throws(CryptoError) -> Bool {
    var bytes = try SecureRandom.bytes(16)
    bytes[0] = bytes[0] & 0x7f | 0x40
    guard let number = BN_bin2bn(bytes, Int32(bytes.count), nil) else { return false }
    defer { BN_free(number) }
    return BN_to_ASN1_INTEGER(number, X509_get_serialNumber(raw)) != nil
  }

  private static func setSubject(_ raw: OpaquePointer, _ order: CertificateOrder) -> Bool {
    let name = X509_get_subject_name(raw)
    let parts = [("CN", order.commonName)] + (order.organization.map { [("O", $0)] } ?? [])
    return parts.allSatisfy { field, text in
      X509_NAME_add_entry_by_txt(
        name, field, MBSTRING_UTF8, Array(text.utf8), Int32(text.utf8.count), -1, 0) == 1
    }
  }

  private static func add(
    _ id: Int32, _ value: String, to raw: OpaquePointer, issuedBy authority: OpaquePointer
  ) -> Bool {
    var context = X509V3_CTX()
    X509V3_set_ctx(&context, authority, raw, nil, nil, 0)
    guard let part = X509V3_EXT_conf_nid(nil, &context, id, value) else { return false }
    defer { X509_EXTENSION_free(part) }
    return X509_add_ext(raw, part, -1) == 1
  }
}

private let issuing = "making a certificate"

/// `MBSTRING_UTF8` of openssl/asn1.h, a macro that Swift doesn't see.
private let MBSTRING_UTF8: Int32 = 0x1000

extension RSAPublicKey {
  /// Makes this the key of a certificate that is being made.
  fileprivate func put(into certificate: OpaquePointer) -> Bool {
    der.withUnsafeBufferPointer { buffer in
      var start = buffer.baseAddress
      guard let key = d2i_PUBKEY(nil, &start, der.count) else { return false }
      defer { EVP_PKEY_free(key) }
      return X509_set_pubkey(certificate, key) == 1
    }
  }
}

extension CertificateOrder.Role {
  /// The extensions in OpenSSL's words. The key identifiers come last: they need the key.
  fileprivate var extensions: [(id: Int32, value: String)] {
    let identifiers = [
      (NID_subject_key_identifier, "hash"), (NID_authority_key_identifier, "keyid:always"),
    ]
    let leaf = [
      (NID_basic_constraints, "critical,CA:FALSE"),
      (NID_key_usage, "critical,digitalSignature,keyEncipherment"),
    ]
    switch self {
    case .authority:
      return [
        (NID_basic_constraints, "critical,CA:TRUE"),
        (NID_key_usage, "critical,digitalSignature,keyCertSign,cRLSign"),
      ] + identifiers
    case .server(let dnsName):
      return leaf + [
        (NID_ext_key_usage, "serverAuth"), (NID_subject_alt_name, "DNS:\(dnsName)"),
      ] + identifiers
    case .client:
      return leaf + [(NID_ext_key_usage, "clientAuth")] + identifiers
    }
  }
}
