public import Competition
public import EventLoop
public import TLSEngine

/// TLS over a TCP connection, either side.
///
/// It may become: connecting → handshaking → open → closed; `close()` ends it from any state. The
/// handshake has `TLSLimits.handshakeTimeout` from the moment on at which the connection stands.
public final class TLSTransport: Transport {
  /// Told of everything that happens; not owned: whoever goes first sets this to nil.
  public unowned var handler: (any TransportHandler)?
  private let stream: TCPStream
  private let session: TLSSession
  private let loop: Loop
  private var patience: LoopTimer?
  private let handshakeTimeout: Duration
  private var isConnected = false

  /// Begins to connect to a server that must prove to be `serverName`; `transportDidOpen` or
  /// `didEnd` follows, never during this call.
  ///
  /// - Parameters:
  ///   - address: Where the server is.
  ///   - serverName: The name that its certificate must be for, and that is asked for (SNI).
  ///   - context: Whom this side trusts and who it is.
  ///   - handshakeTimeout: How long the handshake may take.
  ///   - loop: The loop that the connection lives on.
  /// - Throws: `TransportFailure` when the attempt cannot even begin.
  public init(
    connectingTo address: SocketAddress, serverName: String, _ context: TLSContext,
    handshakeTimeout: Duration = TLSLimits.handshakeTimeout, on loop: Loop
  ) throws(TransportFailure) {
    do throws(TLSError) {
      session = try TLSSession(client: context, serverName: serverName)
    } catch {
      throw .tls(error)
    }
    do throws(EventLoopError) {
      stream = try TCPStream.connect(to: address, on: loop)
    } catch {
      throw .connection(error)
    }
    self.loop = loop
    self.handshakeTimeout = handshakeTimeout
    stream.handler = self
    session.handler = self
  }

  /// Takes over an accepted connection.
  ///
  /// - Throws: `TLSError` when memory is short.
  public init(
    accepted stream: TCPStream, _ context: TLSContext,
    handshakeTimeout: Duration = TLSLimits.handshakeTimeout, on loop: Loop
  ) throws(TLSError) {
    session = try TLSSession(server: context)
    isConnected = true
    self.stream = stream
    self.loop = loop
    self.handshakeTimeout = handshakeTimeout
    stream.handler = self
    session.handler = self
    awaitHandshake()
  }

  deinit { stream.handler = nil }

  /// Whether the peer has been verified and the connection stands.
  public var isOpen: Bool { session.state == .open && !stream.isClosed }
  /// Whether the connection is over.
  public var isClosed: Bool { stream.isClosed }
  /// Whether something waits for the kernel.
  public var isWriteQueued: Bool { stream.isWriteQueued }
  /// Bytes received since the connection began, encrypted.
  public var bytesReceived: Int { stream.bytesRead }
  /// Four records: they are encrypted into memory of their own.
  public var writeBytesMax: Int { TLSLimits.writeBytesMax }
  /// The peer's certificate on this very connection; nil before the handshake is over.
  public var peer: CertificateSummary? { session.peer }

  /// Encrypts and writes everything in `gather` and clears it.
  public func write(_ gather: GatherBuffer) -> WriteResult {
    guard !stream.isClosed else {
      gather.clear()
      return .closed
    }
    do throws(TLSError) {
      try session.encrypt(gather.segments)
    } catch {
      gather.clear()
      loop.atTurnEnd(EncryptionFailure(transport: self, error: error))
      close()
      return .closed
    }
    gather.clear()
    session.takeOutput(into: gather)
    return stream.write(gather)
  }

  /// Holds the peer back by TCP's window.
  public func pauseReading() { stream.pauseReading() }
  /// Goes on reading.
  public func resumeReading() { stream.resumeReading() }

  /// Says farewell, if the kernel takes it, and ends the connection.
  public func close() {
    patience?.close()
    patience = nil
    guard !stream.isClosed else { return }
    session.close()
    if !stream.isWriteQueued { flush() }
    stream.close()
  }

  private func awaitHandshake() {
    let timer = LoopTimer(on: loop) { [weak self] in self?.patienceEnded() }
    timer.arm(after: handshakeTimeout)
    patience = timer
  }

  private func patienceEnded() {
    end(.tls(.handshakeTimedOut(after: handshakeTimeout)))
  }

  /// Sends what the session has to say by itself: handshakes, alerts, farewells.
  private func flush() {
    guard session.hasOutput, !stream.isClosed, !stream.isWriteQueued else { return }
    let gather = loop.gather
    gather.clear()
    session.takeOutput(into: gather)
    _ = stream.write(gather)
  }

  /// Runs a step of the session, sends what it made, and ends when it failed.
  private func advance(_ step: (TLSSession) throws(TLSError) -> Void) {
    do throws(TLSError) {
      try step(session)
      flush()
    } catch {
      flush()
      end(.tls(error))
    }
  }

  fileprivate func end(_ failure: TransportFailure?) {
    close()
    handler?.transport(self, didEnd: failure)
  }
}

extension TLSTransport: TCPStreamHandler {
  /// Greets the server.
  public func streamDidConnect(_ stream: TCPStream) {
    isConnected = true
    awaitHandshake()
    advance { session throws(TLSError) in try session.start() }
  }

  /// Decrypts.
  public func stream(_ stream: TCPStream, didRead bytes: UnsafeRawBufferPointer) {
    advance { session throws(TLSError) in try session.receive(bytes) }
  }

  /// Goes on with what the session had to say meanwhile, then lets the owner go on.
  public func streamDidDrain(_ stream: TCPStream) {
    flush()
    if isOpen, !stream.isWriteQueued { handler?.transportDidDrain(self) }
  }

  /// The connection is gone, in order or not.
  public func stream(_ stream: TCPStream, didEnd error: EventLoopError?) {
    if let error, !isConnected || session.state == .open { return end(.connection(error)) }
    end(session.transportEnded(error.map { "\($0.reason)" }).map { .tls($0) })
  }
}

extension TLSTransport: TLSSessionHandler {
  /// The peer is who it must be.
  public func sessionDidOpen(_ session: TLSSession) {
    patience?.close()
    patience = nil
    handler?.transportDidOpen(self)
  }

  /// Passes the plaintext on.
  public func session(_ session: TLSSession, didDecrypt bytes: UnsafeRawBufferPointer) {
    handler?.transport(self, didRead: bytes)
  }

  /// The peer has ended the connection in order.
  public func sessionDidEnd(_ session: TLSSession) { end(nil) }
}

/// Tells the handler of a failed write at the end of the turn, so that `write` never re-enters it.
private final class EncryptionFailure: TurnEndTask {
  private let transport: TLSTransport
  private let error: TLSError

  init(transport: TLSTransport, error: TLSError) {
    self.transport = transport
    self.error = error
  }

  func turnDidEnd() { transport.handler?.transport(transport, didEnd: .tls(error)) }
}
