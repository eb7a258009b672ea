public import Competition
public import EventLoop
public import HTTP2

/// What a channel tells its owner, on the loop's thread.
public protocol GRPCChannelHandler: AnyObject {
  /// The server's SETTINGS have come: calls may be made.
  func channelDidOpen(_ channel: GRPCChannel)
  /// The channel is over, all its calls have ended. Not called after the owner's own `close()`.
  func channel(_ channel: GRPCChannel, didClose end: ChannelEnd)
}

/// One HTTP/2 connection to a gRPC server, for unary calls, on one loop.
///
/// It may become: connecting → open → draining (the peer said GOAWAY) → closed; `close()` ends it
/// from any state. Requests of one turn leave in one write at the turn's end.
public final class GRPCChannel {
  /// Where in its life a channel is.
  public enum State: Hashable, Sendable {
    /// May become open or closed.
    case connecting
    /// May become draining or closed.
    case open
    /// Takes no new calls; closes when the last one has ended.
    case draining
    /// The end.
    case closed
  }

  struct Call {
    let handler: any UnaryCallHandler
    var reply: ReplyAssembler
    var sentAt: MonotonicInstant?
  }

  /// Told of opening and closing; not owned.
  public weak var handler: (any GRPCChannelHandler)?
  /// Where in its life the channel is.
  public internal(set) var state = State.connecting
  private let loop: Loop
  let session: HTTP2Session
  private let authority: HeaderBlock
  let target: String
  private var stream: TCPStream?
  private var resolution: Resolution?
  var isConnected = false
  let pump: SessionPump
  var calls: [Int32: Call] = [:]
  private var unsent: [Int32] = []
  var opening: [UInt8] = []
  var farewell: ChannelEnd?

  /// Begins to connect to `host:port`; `channelDidOpen` or `didClose` follows, never during this
  /// call.
  ///
  /// - Parameters:
  ///   - host: A numeric address, or a name that is looked up first.
  ///   - port: The server's TCP port.
  ///   - authority: The `:authority` of every call; `host:port` when nil.
  ///   - loop: The loop that the channel lives on.
  ///   - handler: Told of opening and closing; not owned.
  /// - Throws: `ChannelEnd` when the attempt cannot even begin (no descriptor left).
  public convenience init(
    host: String, port: UInt16, authority: String? = nil, on loop: Loop,
    handler: any GRPCChannelHandler
  ) throws(ChannelEnd) {
    try self.init(
      detached: "\(host):\(port)", authority: authority, on: loop, handler: handler)
    do {
      try start(host, port)
    } catch {
      throw ChannelEnd(error, whileConnecting: true)
    }
  }

  /// A channel without a connection: it is told of bytes by `receive` and of their end by
  /// `transportEnded`, and what it has to say is taken from its session.
  init(
    detached target: String, authority: String? = nil, on loop: Loop,
    handler: any GRPCChannelHandler
  ) throws(ChannelEnd) {
    self.loop = loop
    self.handler = handler
    self.target = target
    self.authority = HeaderBlock([(":authority", authority ?? target)])
    do {
      session = try HTTP2Session(role: .client)
    } catch {
      throw ChannelEnd(kind: .broken, reason: "\(error)")
    }
    pump = SessionPump(session, on: loop)
    pump.handler = self
    session.handler = self
  }

  private func start(_ host: String, _ port: UInt16) throws(EventLoopError) {
    if let address = SocketAddress(host: host, port: port) {
      stream = try TCPStream.connect(to: address, on: loop, handler: self)
      return
    }
    resolution = try Resolution.start(host: host, port: port, on: loop) { [weak self] result in
      self?.didResolve(result)
    }
  }

  private func didResolve(_ result: Result<SocketAddress, EventLoopError>) {
    resolution = nil
    guard state != .closed else { return }
    do throws(EventLoopError) {
      stream = try TCPStream.connect(to: try result.get(), on: loop, handler: self)
    } catch {
      finish(ChannelEnd(error, whileConnecting: true))
    }
  }

  /// The number of calls under way.
  public var callCount: Int { calls.count }

  /// Bytes received on this connection.
  public var bytesReceived: Int { stream?.bytesRead ?? 0 }

  /// Starts a call.
  ///
  /// - Parameters:
  ///   - head: `:method`, `:scheme`, `:path` and the rest of the request's head without
  ///     `:authority`; shared by all connections of a round.
  ///   - body: The framed message (`GRPCFrame.encode`), shared likewise.
  ///   - budget: What the answer may take; shared by all calls of a round on this loop.
  ///   - handler: Gets the end; kept until then.
  /// - Returns: The call's id, or nil when the channel takes no calls.
  public func call(
    head: HeaderBlock, body: SharedBytes, budget: ReplyBudget, handler: any UnaryCallHandler
  ) -> Int32? {
    guard state == .open,
      let id = try? session.submitRequest(head: authority, rest: head, body: body)
    else { return nil }
    calls[id] = Call(handler: handler, reply: ReplyAssembler(budget: budget))
    unsent.append(id)
    pump.schedule()
    return id
  }

  /// Gives a call up: the server is told, its handler hears nothing more.
  ///
  /// - Returns: When the request had been sent; nil when it hadn't, or when the call was already
  ///   over.
  @discardableResult
  public func cancel(_ id: Int32) -> MonotonicInstant? {
    guard let call = calls.removeValue(forKey: id) else { return nil }
    session.resetStream(id)
    pump.schedule()
    return call.sentAt
  }

  /// Ends the channel. Calls under way end without their handlers being told; the server hears a
  /// goodbye at the end of this turn. Allowed inside any of the channel's own events.
  public func close() {
    handler = nil
    calls.removeAll()
    guard state != .closed else { return }
    state = .closed
    resolution?.cancel()
    if isConnected, let stream, !stream.isWriteQueued {
      session.terminate()
      pump.finish()
    } else {
      stream?.close()
    }
  }

  func stampUnsent() {
    guard !unsent.isEmpty else { return }
    let now = MonotonicInstant.now()
    for id in unsent { calls[id]?.sentAt = now }
    unsent.removeAll(keepingCapacity: true)
  }

  /// Ends every call with the reason, then tells the owner.
  func finish(_ end: ChannelEnd) {
    guard state != .closed else { return }
    state = .closed
    stream?.close()
    // Whoever hears of an end may cancel other calls, or close the channel.
    while let (id, call) = calls.first {
      calls[id] = nil
      report(call, id, GRPCStatus(.unavailable, end.reason), nil, .transport)
    }
    handler?.channel(self, didClose: end)
  }

  private func report(
    _ call: Call, _ id: Int32, _ status: GRPCStatus, _ message: ByteView?, _ origin: UnaryEnd.Origin
  ) {
    call.handler.call(
      id,
      didEnd: UnaryEnd(
        status: status, message: message, origin: origin, sentAt: call.sentAt, endedAt: .now()))
  }

  /// Drops an answer that breaks a limit: the stream is reset, the call ends with the refusal.
  func refuse(_ id: Int32, _ refusal: GRPCStatus) {
    guard let call = calls.removeValue(forKey: id) else { return }
    session.resetStream(id)
    pump.schedule()
    report(call, id, refusal, nil, .local)
  }

  func endCall(_ id: Int32, resetBy errorCode: UInt32?) {
    guard let call = calls.removeValue(forKey: id) else { return }
    let (status, message) = call.reply.end(resetBy: errorCode)
    report(call, id, status, message, errorCode == nil ? .server : .transport)
    if state == .draining, calls.isEmpty, let farewell { finish(farewell) }
  }
}

extension ChannelEnd {
  init(_ error: EventLoopError, whileConnecting: Bool) {
    let kind: Kind =
      error.isOutOfDescriptors ? .outOfDescriptors : whileConnecting ? .notConnected : .broken
    self.init(kind: kind, reason: "\(error)")
  }
}
