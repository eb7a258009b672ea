public import Competition
public import EventLoop
public import HTTP2
public import TLSEngine

/// What a channel tells its owner, on the loop's thread.
public protocol GRPCChannelHandler: AnyObject {
  /// The server's SETTINGS have come: calls may be made.
  func channelDidOpen(_ channel: GRPCChannel)
  /// The channel is over, all its calls have ended. Not called after the owner's own `close()`.
  func channel(_ channel: GRPCChannel, didClose end: ChannelEnd)
}

/// One HTTP/2 connection to a gRPC server, for unary calls, on one loop; over TCP or TLS.
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

  /// Told of opening and closing until `close()`; not owned: whoever goes first sets this to nil.
  public unowned var handler: (any GRPCChannelHandler)?
  /// Where in its life the channel is.
  public internal(set) var state = State.connecting
  /// What each answer's initial metadata is searched for, lower case; set before the first call.
  public var metadataNames: [String] = []
  private let loop: Loop
  let security: ChannelSecurity?
  let session: HTTP2Session
  private let authority: HeaderBlock
  let target: String
  private var transport: (any Transport)?
  private var resolution: Resolution?
  var isConnected = false
  let pump: SessionPump
  var calls = StreamTable<Call>()
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
  ///   - security: TLS, and who the server must be; nil is plain TCP. Nothing is sent before the
  ///     server has proved who it is.
  ///   - loop: The loop that the channel lives on.
  ///   - handler: Told of opening and closing; not owned.
  /// - Throws: `ChannelEnd` when the attempt cannot even begin (no descriptor left).
  public convenience init(
    host: String, port: UInt16, authority: String? = nil, security: ChannelSecurity? = nil,
    on loop: Loop, handler: any GRPCChannelHandler
  ) throws(ChannelEnd) {
    try self.init(
      detached: "\(host):\(port)", authority: authority, security: security, on: loop,
      handler: handler)
    try start(host, port)
  }

  /// A channel without a connection: it is told of bytes by `receive` and of their end by
  /// `transportEnded`, and what it has to say is taken from its session.
  init(
    detached target: String, authority: String? = nil, security: ChannelSecurity? = nil,
    on loop: Loop, handler: any GRPCChannelHandler
  ) throws(ChannelEnd) {
    self.loop = loop
    self.security = security
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

  deinit {
    pump.handler = nil
    session.handler = nil
    transport?.handler = nil
  }

  private func start(_ host: String, _ port: UInt16) throws(ChannelEnd) {
    if let address = SocketAddress(host: host, port: port) { return try connect(to: address) }
    do {
      resolution = try Resolution.start(host: host, port: port, on: loop) { [weak self] result in
        self?.didResolve(result)
      }
    } catch {
      throw ChannelEnd(error, whileConnecting: true)
    }
  }

  private func didResolve(_ result: Result<SocketAddress, EventLoopError>) {
    resolution = nil
    guard state != .closed else { return }
    switch result {
    case .success(let address):
      do throws(ChannelEnd) { try connect(to: address) } catch { finish(error) }
    case .failure(let error): finish(ChannelEnd(error, whileConnecting: true))
    }
  }

  private func connect(to address: SocketAddress) throws(ChannelEnd) {
    do throws(TransportFailure) {
      transport = try makeTransport(to: address)
      transport?.handler = self
    } catch {
      throw ChannelEnd(error, of: target, whileConnecting: true)
    }
  }

  private func makeTransport(
    to address: SocketAddress
  ) throws(TransportFailure) -> any Transport {
    guard let security else {
      do {
        return try PlainTransport(connectingTo: address, on: loop)
      } catch {
        throw .connection(error)
      }
    }
    return try TLSTransport(
      connectingTo: address, serverName: security.serverName, security.context, on: loop)
  }

  /// The number of calls under way.
  public var callCount: Int { calls.count }

  /// Bytes received on this connection.
  public var bytesReceived: Int { transport?.bytesReceived ?? 0 }

  /// The server's certificate on this very connection; nil without TLS.
  public var peer: CertificateSummary? { transport?.peer }

  /// Starts a call.
  ///
  /// - Parameters:
  ///   - head: `:method`, `:scheme`, `:path` and the rest of the request's head without
  ///     `:authority`; shared by all connections of a round.
  ///   - metadata: Fields of this server's own, if it needs any.
  ///   - body: The framed message (`GRPCFrame.encode`), shared likewise.
  ///   - budget: What the answer may take; shared by all calls of a round on this loop.
  ///   - handler: Gets the end; kept until then.
  /// - Returns: The call's id, or nil when the channel takes no calls.
  public func call(
    head: HeaderBlock, metadata: HeaderBlock? = nil, body: SharedBytes, budget: ReplyBudget,
    handler: any UnaryCallHandler
  ) -> Int32? {
    guard state == .open,
      let id = try? session.submitRequest(
        head: authority, rest: head, extra: metadata, body: body)
    else { return nil }
    let reply = ReplyAssembler(budget: budget, metadataNames: metadataNames)
    calls.insert(Call(handler: handler, reply: reply), for: id)
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
    guard let call = calls.remove(id) else { return nil }
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
    if isConnected, let transport, !transport.isWriteQueued {
      session.terminate()
      pump.finish()
    } else {
      transport?.close()
    }
  }

  func stampUnsent() {
    guard !unsent.isEmpty else { return }
    let now = MonotonicInstant.now()
    for id in unsent {
      if let place = calls.place(of: id) { calls[place: place].sentAt = now }
    }
    unsent.removeAll(keepingCapacity: true)
  }

  /// Ends every call with the reason, then tells the owner.
  func finish(_ end: ChannelEnd) {
    guard state != .closed else { return }
    state = .closed
    transport?.close()
    // Whoever hears of an end may cancel other calls, or close the channel.
    while let id = calls.newestID, let call = calls.remove(id) {
      report(call, id, ReplyAssembler.Answer(GRPCStatus(.unavailable, end.reason)), .transport)
    }
    handler?.channel(self, didClose: end)
  }

  private func report(
    _ call: Call, _ id: Int32, _ answer: ReplyAssembler.Answer, _ origin: UnaryEnd.Origin
  ) {
    call.handler.call(
      id,
      didEnd: UnaryEnd(
        status: answer.status, message: answer.message, metadata: answer.metadata, origin: origin,
        sentAt: call.sentAt, endedAt: .now()))
  }

  /// Drops an answer that breaks a limit: the stream is reset, the call ends with the refusal.
  func refuse(_ id: Int32, _ refusal: GRPCStatus) {
    guard let call = calls.remove(id) else { return }
    session.resetStream(id)
    pump.schedule()
    report(call, id, ReplyAssembler.Answer(refusal), .local)
  }

  func endCall(_ id: Int32, resetBy errorCode: UInt32?) {
    guard let call = calls.remove(id) else { return }
    report(
      call, id, call.reply.end(resetBy: errorCode), errorCode == nil ? .server : .transport)
    if state == .draining, calls.isEmpty, let farewell { finish(farewell) }
  }
}
