internal import CLibSSL
public import Competition

/// What a TLS session tells its owner while it reads bytes.
///
/// Pointers are valid during the call only. Closing from inside is allowed; feeding is not.
public protocol TLSSessionHandler: AnyObject {
  /// The handshake is over and the peer is who it must be: `peer` and `encrypt` may be used.
  func sessionDidOpen(_ session: TLSSession)
  /// Plaintext of one record, at most `TLSLimits.recordBytesMax` bytes.
  func session(_ session: TLSSession, didDecrypt bytes: UnsafeRawBufferPointer)
  /// The peer has said farewell (close_notify): nothing follows, nothing is missing.
  func sessionDidEnd(_ session: TLSSession)
}

/// One TLS connection without its socket: bytes in, events out, bytes out.
///
/// TLS 1.2 or 1.3 with ALPN `h2`; no renegotiation, no resumption. What it has to say is taken with
/// `takeOutput` after each call, also after one that throws: then it is an alert that tells the
/// peer. OpenSSL's session is freed in `deinit`. Not `Sendable`: it belongs to one loop.
public final class TLSSession {
  /// Where in its life a session is.
  public enum State: Hashable, Sendable {
    /// May become open or closed.
    case handshaking
    /// May become closed.
    case open
    /// The end: a farewell, a failure or the owner's own `close()`.
    case closed
  }

  /// Bytes that OpenSSL is given at once: enough for a record, few enough to see a flood early.
  private static let feedBytesMax = 32 << 10

  /// Told of everything that arrives; not owned.
  public weak var handler: (any TLSSessionHandler)?
  /// Where in its life the session is.
  public private(set) var state = State.handshaking
  /// The peer's certificate on this very connection, from the moment it is open; nil for a client
  /// that showed none.
  public private(set) var peer: CertificateSummary?
  let context: TLSContext
  /// The name that the server must prove to have; empty on the server's side.
  let serverName: String
  /// Why the peer's certificate was not accepted.
  var verifyFailure: TLSError?
  let ssl: OpaquePointer
  /// What is left of the bytes that `receive` got.
  var input = UnsafeRawBufferPointer(start: nil, count: 0)
  private var output: [SharedBytes] = []
  private var bytesReceived = 0
  private var bytesUntilOpen = 0
  private var bytesDecrypted = 0
  private var hasEndedInOrder = false

  /// A client's session that trusts nobody but `serverName`: a DNS name, or a numeric address.
  ///
  /// - Throws: `TLSError` when memory is short or the name is none.
  public convenience init(client context: TLSContext, serverName: String) throws(TLSError) {
    try self.init(context, serverName)
    guard SSL_set1_host(ssl, serverName) == 1 else {
      throw .library("expecting the server name \(serverName)")
    }
    SSL_set_hostflags(ssl, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
    let address = X509_VERIFY_PARAM_get1_ip_asc(SSL_get0_param(ssl))
    CRYPTO_free(address, nil, 0)
    // An address must be in the certificate, but is no name to ask for (RFC 6066, section 3).
    if address == nil, updraft_ssl_set_sni(ssl, serverName) != 1 {
      throw .library("naming the server \(serverName)")
    }
    SSL_set_connect_state(ssl)
  }

  /// A server's session.
  ///
  /// - Throws: `TLSError` when memory is short.
  public convenience init(server context: TLSContext) throws(TLSError) {
    try self.init(context, "")
    SSL_set_accept_state(ssl)
  }

  private init(_ context: TLSContext, _ serverName: String) throws(TLSError) {
    ERR_clear_error()
    guard let ssl = SSL_new(context.raw) else { throw .library("making a TLS session") }
    guard let bio = BIO_new(sessionBIOMethod) else {
      SSL_free(ssl)
      throw .library("making a TLS session")
    }
    self.ssl = ssl
    self.context = context
    self.serverName = serverName
    let me = Unmanaged.passUnretained(self).toOpaque()
    BIO_set_data(bio, me)
    SSL_set_bio(ssl, bio, bio)
    SSL_set_ex_data(ssl, 0, me)
  }

  deinit { SSL_free(ssl) }

  /// The TLS version and cipher agreed on, for example `TLSv1.3 TLS_AES_256_GCM_SHA384`.
  public var agreement: String {
    let cipher = SSL_CIPHER_get_name(SSL_get_current_cipher(ssl)).map { String(cString: $0) }
    return String(cString: SSL_get_version(ssl)) + " " + (cipher ?? "without a cipher")
  }

  /// Begins: a client has its greeting ready to be taken.
  ///
  /// - Throws: `TLSError` when nothing can be sent under the context's rules.
  public func start() throws(TLSError) { if state == .handshaking { try handshake() } }

  /// Feeds bytes that arrived; events follow during the call.
  ///
  /// - Throws: `TLSError` when the handshake fails or the stream is broken; the session is then
  ///   closed.
  public func receive(_ bytes: UnsafeRawBufferPointer) throws(TLSError) {
    if bytesReceived == 0, state == .handshaking, let stranger = TLSError(stranger: bytes, context)
    {
      throw fail(stranger)
    }
    defer { input = UnsafeRawBufferPointer(start: nil, count: 0) }
    var rest = bytes
    while state != .closed, !rest.isEmpty {
      input = UnsafeRawBufferPointer(rebasing: rest.prefix(Self.feedBytesMax))
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(Self.feedBytesMax))
      bytesReceived += input.count
      if state == .handshaking { try handshake() }
      if state == .open { try decrypt() }
    }
  }

  /// Encrypts what `segments` hold; at most `TLSLimits.writeBytesMax` at once keeps memory small.
  ///
  /// - Throws: `TLSError` when the session isn't open or OpenSSL fails.
  public func encrypt(_ segments: [GatherBuffer.Segment]) throws(TLSError) {
    guard state == .open else { throw TLSError(.truncated, "the TLS session is not open") }
    ERR_clear_error()
    reserveOutput(segments.reduce(0) { $0 + $1.bytes.count })
    // Frames' heads and bodies share records: two records a frame would cost twice.
    let isDone = withUnsafeTemporaryAllocation(
      byteCount: TLSLimits.recordBytesMax, alignment: 16
    ) { record in
      var used = 0
      for segment in segments {
        var rest = segment.bytes
        while !rest.isEmpty {
          let part = UnsafeRawBufferPointer(rebasing: rest.prefix(record.count - used))
          UnsafeMutableRawBufferPointer(rebasing: record[used...]).copyMemory(from: part)
          used += part.count
          rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(part.count))
          guard used == record.count else { continue }
          if !write(UnsafeRawBufferPointer(record)) { return false }
          used = 0
        }
      }
      return used == 0 || write(UnsafeRawBufferPointer(rebasing: record[..<used]))
    }
    if !isDone { throw fail(failure()) }
  }

  /// Appends what is to be sent, and forgets it here.
  public func takeOutput(into gather: GatherBuffer) {
    for block in output { gather.append(referencing: block.bytes, in: block) }
    output.removeAll(keepingCapacity: true)
  }

  /// Whether there is something to send.
  public var hasOutput: Bool { !output.isEmpty }

  /// Says farewell if the handshake is over; `takeOutput` has it. Safe to call again.
  public func close() {
    guard state != .closed else { return }
    if state == .open {
      SSL_shutdown(ssl)
      ERR_clear_error()
    }
    state = .closed
  }

  /// Takes in that the connection below has ended.
  ///
  /// - Parameter cause: What the connection itself says of it, if anything.
  /// - Returns: What is wrong with that; nil when the peer, or this side, had said farewell.
  public func transportEnded(_ cause: String? = nil) -> TLSError? {
    defer { state = .closed }
    switch state {
    case .closed: return nil
    case .handshaking:
      let extent = "\(bytesReceived) bytes came" + (cause.map { "; \($0)" } ?? "")
      return TLSError(
        .truncated,
        "the connection ended in the middle of the TLS handshake (\(extent)): the peer is no TLS "
          + "\(context.peerRole), or gave up")
    case .open:
      return TLSError(.truncated, "the connection ended without TLS's farewell (close_notify)")
    }
  }

  /// Takes a piece of a record, or of several, that OpenSSL has made.
  func append(_ bytes: UnsafeRawBufferPointer) {
    var rest = bytes
    if let block = output.last {
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(block.append(rest)))
    }
    guard !rest.isEmpty else { return }
    let block = SharedBytes(capacity: max(rest.count, 2_048))
    block.append(rest)
    output.append(block)
  }

  /// One block for what `byteCount` bytes become, so that they leave as one piece.
  private func reserveOutput(_ byteCount: Int) {
    let recordCount = byteCount / TLSLimits.recordBytesMax + 1
    output.append(
      SharedBytes(capacity: byteCount + recordCount * TLSLimits.recordOverheadBytesMax))
  }

  private func write(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var written = 0
    return SSL_write_ex(ssl, bytes.baseAddress, bytes.count, &written) == 1
      && written == bytes.count
  }

  private func handshake() throws(TLSError) {
    ERR_clear_error()
    let result = SSL_do_handshake(ssl)
    if result == 1 { return try finishHandshake() }
    guard SSL_get_error(ssl, result) == SSL_ERROR_WANT_READ else { throw fail(failure()) }
    guard bytesReceived <= TLSLimits.handshakeBytesMax else {
      throw fail(
        TLSError(
          .overLimit,
          "the peer's TLS handshake is over \(TLSLimits.handshakeBytesMax) bytes"))
    }
  }

  private func finishHandshake() throws(TLSError) {
    var name: UnsafePointer<UInt8>?
    var length: UInt32 = 0
    SSL_get0_alpn_selected(ssl, &name, &length)
    guard UnsafeBufferPointer(start: name, count: Int(length)).elementsEqual("h2".utf8) else {
      throw fail(
        TLSError(
          .noALPN,
          "the \(context.peerRole) did not agree to HTTP/2 (ALPN h2): it speaks TLS, but no gRPC"))
    }
    if let certificate = SSL_get1_peer_certificate(ssl) {
      peer = CertificateSummary(certificate)
      X509_free(certificate)
    }
    guard context.role == .server || peer != nil && SSL_get_verify_result(ssl) == X509_V_OK else {
      throw fail(TLSError(.noCertificate, "the server has not proved who it is"))
    }
    state = .open
    bytesUntilOpen = bytesReceived - input.count
    handler?.sessionDidOpen(self)
  }

  private func decrypt() throws(TLSError) {
    let end = withUnsafeTemporaryAllocation(
      byteCount: TLSLimits.recordBytesMax, alignment: 64
    ) { record -> Int32 in
      while state == .open {
        ERR_clear_error()
        var count = 0
        let result = SSL_read_ex(ssl, record.baseAddress, record.count, &count)
        guard result == 1 else { return SSL_get_error(ssl, result) }
        bytesDecrypted += count
        handler?.session(
          self,
          didDecrypt: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(record)[..<count]))
      }
      return SSL_ERROR_NONE
    }
    switch end {
    case SSL_ERROR_NONE: return
    case SSL_ERROR_WANT_READ: try checkOverhead()
    case SSL_ERROR_ZERO_RETURN:
      state = .closed
      handler?.sessionDidEnd(self)
    default: throw fail(failure())
    }
  }

  private func checkOverhead() throws(TLSError) {
    let overhead = bytesReceived - bytesUntilOpen - bytesDecrypted
    let allowed = TLSLimits.overheadBytesMax + bytesDecrypted * TLSLimits.overheadFactorMax
    guard overhead > allowed else { return }
    throw fail(
      TLSError(
        .overLimit,
        "the peer sent \(overhead) bytes of TLS records around \(bytesDecrypted) of content"))
  }

  /// Notes the end; the error is the caller's to throw.
  private func fail(_ error: TLSError) -> TLSError {
    state = .closed
    return error
  }
}
