public import Competition
public import EventLoop
public import TLSEngine

/// What carries the bytes of an HTTP/2 session: a TCP connection, with or without TLS on it.
public protocol Transport: AnyObject {
  /// Told of everything that happens; not owned.
  var handler: (any TransportHandler)? { get set }
  /// Whether bytes may be written: the connection stands and, with TLS, the peer is verified.
  var isOpen: Bool { get }
  /// Whether the transport is over.
  var isClosed: Bool { get }
  /// Whether something waits for the kernel; nothing may be written until `transportDidDrain`.
  var isWriteQueued: Bool { get }
  /// Bytes received on the connection since it began.
  var bytesReceived: Int { get }
  /// What a write should have at most, bytes: a transport that copies takes little at once.
  var writeBytesMax: Int { get }
  /// The peer's certificate on this very connection; nil without TLS.
  var peer: CertificateSummary? { get }

  /// Writes everything in `gather` and clears it.
  func write(_ gather: GatherBuffer) -> WriteResult
  /// Takes nothing more from the peer until `resumeReading`, beyond what has been read already.
  func pauseReading()
  /// Goes on reading.
  func resumeReading()
  /// Ends the transport, with a farewell where it has one; what is queued is dropped. Safe to call
  /// again.
  func close()
}

/// What a transport tells its owner, on the loop's thread.
public protocol TransportHandler: AnyObject {
  /// The connection stands and, with TLS, the peer has been verified: bytes may be written.
  func transportDidOpen(_ transport: any Transport)
  /// Bytes arrived; they are valid during the call only.
  func transport(_ transport: any Transport, didRead bytes: UnsafeRawBufferPointer)
  /// A write that had been queued is out: the next one may come.
  func transportDidDrain(_ transport: any Transport)
  /// The transport is over: nil when the peer ended it in order. Not called after the owner's own
  /// `close()`.
  func transport(_ transport: any Transport, didEnd failure: TransportFailure?)
}

/// Why a transport is over.
public enum TransportFailure: Error, Hashable, Sendable, CustomStringConvertible {
  /// The connection failed or broke.
  case connection(EventLoopError)
  /// TLS could not be agreed on, or was broken off.
  case tls(TLSError)

  /// The error's own text.
  public var description: String {
    switch self {
    case .connection(let error): "\(error)"
    case .tls(let error): "TLS: \(error)"
    }
  }
}
