public import Competition
public import EventLoop
public import TLSEngine

/// A TCP connection as it is.
public final class PlainTransport: Transport {
  /// Told of everything that happens; not owned: whoever goes first sets this to nil.
  public unowned var handler: (any TransportHandler)?
  private let stream: TCPStream
  private var isConnected: Bool

  /// Begins to connect; `transportDidOpen` or `didEnd` follows, never during this call.
  ///
  /// - Throws: `EventLoopError` when the attempt cannot even begin (no descriptor left).
  public init(connectingTo address: SocketAddress, on loop: Loop) throws(EventLoopError) {
    stream = try TCPStream.connect(to: address, on: loop)
    isConnected = false
    stream.handler = self
  }

  /// Takes over an accepted connection.
  public init(accepted stream: TCPStream) {
    self.stream = stream
    isConnected = true
    stream.handler = self
  }

  deinit { stream.handler = nil }

  /// Whether the connection stands.
  public var isOpen: Bool { isConnected && !stream.isClosed }
  /// Whether the connection is over.
  public var isClosed: Bool { stream.isClosed }
  /// Whether something waits for the kernel.
  public var isWriteQueued: Bool { stream.isWriteQueued }
  /// Bytes received since the connection began.
  public var bytesReceived: Int { stream.bytesRead }
  /// No limit: what is written is referenced, not copied.
  public var writeBytesMax: Int { .max }
  /// Nobody has proved anything.
  public var peer: CertificateSummary? { nil }

  /// Writes everything in `gather` and clears it.
  public func write(_ gather: GatherBuffer) -> WriteResult { stream.write(gather) }

  /// Holds the peer back by TCP's window.
  public func pauseReading() { stream.pauseReading() }
  /// Goes on reading.
  public func resumeReading() { stream.resumeReading() }

  /// Ends the connection at once.
  public func close() { stream.close() }
}

extension PlainTransport: TCPStreamHandler {
  /// The connection stands.
  public func streamDidConnect(_ stream: TCPStream) {
    isConnected = true
    handler?.transportDidOpen(self)
  }

  /// Passes the bytes on.
  public func stream(_ stream: TCPStream, didRead bytes: UnsafeRawBufferPointer) {
    handler?.transport(self, didRead: bytes)
  }

  /// A queued write is out.
  public func streamDidDrain(_ stream: TCPStream) { handler?.transportDidDrain(self) }

  /// The connection is gone.
  public func stream(_ stream: TCPStream, didEnd error: EventLoopError?) {
    handler?.transport(self, didEnd: error.map { .connection($0) })
  }
}
