internal import CLibSSL
public import Competition

/// What the connections of one side share: whom it trusts and who it is.
///
/// OpenSSL's context is freed in `deinit`; connections hold it. Nothing changes after `init`, and
/// OpenSSL counts the references of a context atomically: hence `Sendable`.
public final class TLSContext: @unchecked Sendable {
  /// Which side of connections it serves.
  public enum Role: Hashable, Sendable {
    /// Connects, and verifies the server by its CA and name.
    case client
    /// Is connected to; takes clients of its CA only, or all when it has none.
    case server
  }

  /// Which side of connections it serves.
  public let role: Role
  /// The own certificate; nil for a client that shows none.
  public let certificate: CertificateSummary?
  let raw: OpaquePointer

  /// Reads the credentials.
  ///
  /// - Parameters:
  ///   - role: Which side of connections it serves.
  ///   - files: The PEM files. A server must have a certificate, and asks clients for theirs when
  ///     there is a CA.
  ///   - now: The time at which the own certificate must be valid.
  /// - Throws: `TLSError` that names the file and what to do: it is missing, malformed, expired or
  ///   not valid yet, doesn't fit the other, or can be read by others.
  public init(_ role: Role, _ files: TLSFiles, now: UTCTime = .now()) throws(TLSError) {
    ERR_clear_error()
    guard let raw = SSL_CTX_new(role == .client ? TLS_client_method() : TLS_server_method()) else {
      throw .library("making a TLS context")
    }
    do {
      certificate = try Self.setUp(raw, role, files, now)
    } catch {
      SSL_CTX_free(raw)
      throw error
    }
    self.role = role
    self.raw = raw
  }

  deinit { SSL_CTX_free(raw) }

  /// What to say of the own certificate's coming end; nil when that is more than 30 days away.
  public func expiryWarning(at now: UTCTime) -> String? {
    guard let certificate else { return nil }
    let left = certificate.notAfter.since(now)
    guard left < TLSLimits.expiryWarning else { return nil }
    let end = "\(certificate.notAfter.iso8601)Z"
    guard left > .zero else { return "the certificate \(certificate.subject) expired at \(end)" }
    let days = left.components.seconds / 86_400
    return "the certificate \(certificate.subject) expires at \(end), in \(days) days: renew it"
  }

  private static func setUp(
    _ raw: OpaquePointer, _ role: Role, _ files: TLSFiles, _ now: UTCTime
  ) throws(TLSError) -> CertificateSummary? {
    updraft_ssl_ctx_limit(raw, Int32(TLSLimits.certificateBytesMax))
    let certificate = try setCertificate(raw, files, now)
    try setTrust(raw, role, files, now)
    switch role {
    case .client:
      let protocols: [UInt8] = [2] + Array("h2".utf8)
      SSL_CTX_set_alpn_protos(raw, protocols, UInt32(protocols.count))
    case .server:
      SSL_CTX_set_alpn_select_cb(raw, contextDidReceiveProtocols, nil)
      guard certificate != nil else {
        throw TLSError(.fileMissing, "a TLS server needs a certificate (tls.crt and tls.key)")
      }
    }
    return certificate
  }

  private static func setCertificate(
    _ raw: OpaquePointer, _ files: TLSFiles, _ now: UTCTime
  ) throws(TLSError) -> CertificateSummary? {
    guard let path = files.certificate, let keyPath = files.key else {
      if let alone = files.certificate ?? files.key {
        throw TLSError(.fileMissing, "\(alone) needs both, a certificate and its key")
      }
      return nil
    }
    let chain = try CredentialFile(path, isSecret: false).certificates()
    defer { for certificate in chain { X509_free(certificate) } }
    guard let summary = CertificateSummary(chain[0]) else {
      throw TLSError(.fileMalformed, "\(path) holds a certificate whose key or dates can't be read")
    }
    if let code = summary.invalidity(at: now) {
      let cause = code == .expired ? "has expired" : "is not valid yet"
      throw TLSError(code, "\(path) \(cause): \(summary); renew it, or check this machine's clock")
    }
    let key = try CredentialFile(keyPath, isSecret: true).privateKey()
    defer { EVP_PKEY_free(key) }
    guard X509_check_private_key(chain[0], key) == 1 else {
      ERR_clear_error()
      throw TLSError(
        .keyMismatch, "\(keyPath) is not the key of \(path) (\(summary)); they belong together")
    }
    guard SSL_CTX_use_certificate(raw, chain[0]) == 1, SSL_CTX_use_PrivateKey(raw, key) == 1,
      chain.dropFirst().allSatisfy({ updraft_ssl_ctx_add_chain(raw, $0) == 1 })
    else { throw .library("\(path) can't be used", code: .fileMalformed) }
    return summary
  }

  private static func setTrust(
    _ raw: OpaquePointer, _ role: Role, _ files: TLSFiles, _ now: UTCTime
  ) throws(TLSError) {
    let demand =
      role == .client ? SSL_VERIFY_PEER : SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT
    guard let path = files.ca else {
      guard role == .client else { return }
      guard SSL_CTX_set_default_verify_paths(raw) == 1 else {
        throw .library("reading the system's CAs")
      }
      return SSL_CTX_set_verify(raw, demand, sessionDidVerify)
    }
    let authorities = try CredentialFile(path, isSecret: false).certificates()
    defer { for authority in authorities { X509_free(authority) } }
    let summaries = authorities.compactMap { CertificateSummary($0) }
    if let first = summaries.first, summaries.allSatisfy({ $0.invalidity(at: now) != nil }) {
      throw TLSError(
        first.invalidity(at: now) ?? .expired,
        "\(path) holds no CA that is valid now: \(first); get the current one")
    }
    let store = SSL_CTX_get_cert_store(raw)
    // A CA in the file is trusted by itself, also one that another CA has issued.
    X509_STORE_set_flags(store, UInt(X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST))
    for authority in authorities {
      guard X509_STORE_add_cert(store, authority) == 1 else { throw .library("reading \(path)") }
      if role == .server { SSL_CTX_add_client_CA(raw, authority) }
    }
    SSL_CTX_set_verify(raw, demand, sessionDidVerify)
  }
}

/// A server agrees to HTTP/2 and to nothing else.
private func contextDidReceiveProtocols(
  _ ssl: OpaquePointer?, _ chosen: UnsafeMutablePointer<UnsafePointer<UInt8>?>?,
  _ chosenLength: UnsafeMutablePointer<UInt8>?, _ offered: UnsafePointer<UInt8>?,
  _ offeredLength: UInt32, _ argument: UnsafeMutableRawPointer?
) -> Int32 {
  var rest = UnsafeBufferPointer(start: offered, count: Int(offeredLength))[...]
  while let length = rest.first.map(Int.init), rest.count > length {
    let name = rest.dropFirst().prefix(length)
    if name.elementsEqual("h2".utf8), let offered {
      chosen?.pointee = offered + name.startIndex
      chosenLength?.pointee = UInt8(length)
      return SSL_TLSEXT_ERR_OK
    }
    rest = rest.dropFirst(1 + length)
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL
}
