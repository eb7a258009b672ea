public import Competition
public import EventLoop
public import HTTP2
public import TLSEngine

/// What a server connection tells its owner, on the loop's thread.
public protocol GRPCServerHandler: AnyObject {
  /// A whole request has arrived; answer it now or later by its id.
  func connection(_ connection: GRPCServerConnection, didReceive request: ServerRequest)
  /// The client has given a request up; an answer to it would be dropped.
  func connection(_ connection: GRPCServerConnection, didCancel id: Int32)
  /// The connection is over.
  func connectionDidClose(_ connection: GRPCServerConnection)
}

/// One unary request as a server sees it.
public struct ServerRequest: Sendable {
  /// The stream's id, by which it is answered.
  public let id: Int32
  /// `/package.Service/Method`.
  public let path: String
  /// The message's first bytes without the gRPC prefix: all of it up to `keptBytesMax`.
  public let messageStart: [UInt8]
  /// The size of the whole message with its prefix, bytes.
  public let byteCount: Int
  /// The fields of the request's head that the connection was told to keep.
  public let metadata: [String: String]
}

/// The server side of one HTTP/2 connection with unary gRPC calls: for simulated models.
///
/// Requests are counted to their end but kept only up to `keptBytesMax`, so that a thousand models
/// in one process can take a history of megabytes each.
public final class GRPCServerConnection {
  private struct Incoming {
    var path = ""
    var metadata: [String: String] = [:]
    var start: [UInt8] = []
    var byteCount = 0
  }

  /// Told of requests; not owned.
  public weak var handler: (any GRPCServerHandler)?
  private let session: HTTP2Session
  private let pump: SessionPump
  private let transport: any Transport
  private let keptBytesMax: Int
  private var incoming: [Int32: Incoming] = [:]
  private var isClosed = false
  /// What is kept of each request's head, lower case.
  public var metadataNames: [String] = []
  private var answerHead = GRPCServerConnection.head

  private static let headFields = [
    (name: ":status", value: "200"), (name: "content-type", value: "application/grpc"),
  ]
  private static let head = HeaderBlock(headFields)
  private static let okTrailers = HeaderBlock([("grpc-status", "0")])

  /// Serves an accepted stream, without TLS.
  ///
  /// - Throws: `HTTP2Error` when memory is short.
  public convenience init(
    _ stream: TCPStream, on loop: Loop, keptBytesMax: Int = 4 << 10,
    handler: any GRPCServerHandler
  ) throws(HTTP2Error) {
    try self.init(
      PlainTransport(accepted: stream), on: loop, keptBytesMax: keptBytesMax, handler: handler)
  }

  /// Serves an accepted connection; with TLS from the moment on at which it is open.
  ///
  /// - Throws: `HTTP2Error` when memory is short.
  public init(
    _ transport: any Transport, on loop: Loop, keptBytesMax: Int = 4 << 10,
    handler: any GRPCServerHandler
  ) throws(HTTP2Error) {
    session = try HTTP2Session(role: .server)
    pump = SessionPump(session, on: loop)
    self.transport = transport
    self.keptBytesMax = keptBytesMax
    self.handler = handler
    session.handler = self
    pump.handler = self
    transport.handler = self
    if transport.isOpen { pump.attach(transport) }
  }

  deinit {
    pump.handler = nil
    session.handler = nil
    transport.handler = nil
  }

  /// The client's certificate; nil when it showed none.
  public var peer: CertificateSummary? { transport.peer }

  /// Adds fields to the head of every answer that has a message, from now on.
  public func setInitialMetadata(_ fields: [(name: String, value: String)]) {
    answerHead = HeaderBlock(Self.headFields + fields)
  }

  /// Answers a request with a framed message that may be shared by many answers.
  public func respond(_ id: Int32, with frame: SharedBytes) {
    guard !isClosed else { return }
    try? session.submitResponse(id, head: answerHead, body: frame, trailers: Self.okTrailers)
    pump.schedule()
  }

  /// Answers a request with an error status and no message.
  public func fail(_ id: Int32, _ status: GRPCStatus) {
    guard !isClosed else { return }
    let head = HeaderBlock(
      Self.headFields + [
        ("grpc-status", String(status.code.rawValue)), ("grpc-message", status.message),
      ])
    try? session.submitResponse(id, headOnly: head)
    pump.schedule()
  }

  /// Writes bytes of any kind past the session: for peers that misbehave.
  public func writeRaw(_ bytes: [UInt8]) {
    guard transport.isOpen, !transport.isWriteQueued else { return }
    let block = bytes.withUnsafeBytes { SharedBytes(copying: $0) }
    let gather = GatherBuffer()
    gather.append(referencing: block.bytes, in: block)
    _ = transport.write(gather)
  }

  /// Hands what has been answered to the kernel at the end of this turn and ends the connection;
  /// the handler is not told.
  public func flushAndClose() {
    guard !isClosed else { return }
    isClosed = true
    pump.finish()
  }

  /// Ends the connection at once; the handler is not told.
  public func close() {
    guard !isClosed else { return }
    isClosed = true
    transport.close()
  }

  private func over() {
    guard !isClosed else { return }
    close()
    handler?.connectionDidClose(self)
  }
}

extension GRPCServerConnection: SessionPumpHandler {
  /// Nothing to note.
  public func pumpWillWrite() {}
  /// A session that has said goodbye is over.
  public func pumpDidFlush() { if session.isOver { over() } }
  /// The session can't go on.
  public func pumpDidFail(_ error: HTTP2Error) { over() }
}

extension GRPCServerConnection: TransportHandler {
  /// TLS stands.
  public func transportDidOpen(_ transport: any Transport) { pump.attach(transport) }

  /// Feeds the session.
  public func transport(_ transport: any Transport, didRead bytes: UnsafeRawBufferPointer) {
    do {
      try session.receive(bytes)
    } catch {
      return over()
    }
    if session.isOver { over() } else if session.wantsWrite { pump.schedule() }
  }

  /// Goes on with what the kernel didn't take before.
  public func transportDidDrain(_ transport: any Transport) { pump.schedule() }

  /// The client is gone.
  public func transport(_ transport: any Transport, didEnd failure: TransportFailure?) { over() }
}

extension GRPCServerConnection: HTTP2Handler {
  /// Of the head only the path matters here, and what is to be kept.
  public func stream(
    _ id: Int32, didReceiveHeader name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer
  ) {
    if name.elementsEqual(":path".utf8) {
      incoming[id, default: Incoming()].path = String(decoding: value, as: UTF8.self)
    } else if let kept = metadataNames.first(where: { name.elementsEqual($0.utf8) }) {
      incoming[id, default: Incoming()].metadata[kept] = String(decoding: value, as: UTF8.self)
    }
  }

  /// Nothing to do: the fields have said it.
  public func streamDidReceiveHead(_ id: Int32, isTrailer: Bool) {}

  /// Keeps the beginning, counts the rest.
  public func stream(_ id: Int32, didReceiveData bytes: UnsafeRawBufferPointer) {
    guard let place = incoming.index(forKey: id) else { return }
    let room = keptBytesMax - incoming.values[place].start.count
    if room > 0 { incoming.values[place].start.append(contentsOf: bytes.prefix(room)) }
    incoming.values[place].byteCount += bytes.count
  }

  /// The request is whole.
  public func streamDidEndRemotely(_ id: Int32) {
    guard let request = incoming.removeValue(forKey: id) else { return }
    handler?.connection(
      self,
      didReceive: ServerRequest(
        id: id, path: request.path,
        messageStart: Array(request.start.dropFirst(GRPCFrame.prefixBytes)),
        byteCount: request.byteCount, metadata: request.metadata))
  }

  /// Over, answered or not.
  public func stream(_ id: Int32, didCloseWith errorCode: UInt32) {
    incoming[id] = nil
    if errorCode != HTTP2ErrorCode.none { handler?.connection(self, didCancel: id) }
  }

  /// The client will close.
  public func sessionDidReceiveGoAway(lastStreamID: Int32, errorCode: UInt32, reason: String) {}
  /// Nothing to do.
  public func sessionDidReceiveSettings() {}
  /// Nothing to do.
  public func sessionDidReceivePingAnswer() {}
}
