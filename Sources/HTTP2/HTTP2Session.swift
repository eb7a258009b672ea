internal import CNghttp2
public import Competition

/// One HTTP/2 connection without its socket: bytes in, events out, bytes out.
///
/// It serves as client or as server. Bodies are referenced, never copied. nghttp2's session is
/// freed in `deinit`. Not `Sendable`: it belongs to one loop.
public final class HTTP2Session {
  /// Which side of the connection this is.
  public enum Role: Sendable {
    /// Opens streams.
    case client
    /// Answers streams.
    case server
  }

  /// Told of everything that arrives; not owned: whoever goes first sets this to nil.
  public unowned var handler: (any HTTP2Handler)?
  /// Which side of the connection this is.
  public let role: Role
  var session: OpaquePointer?
  var outgoing = StreamTable<OutgoingBody>()
  /// The buffer that `produce` fills; set during that call only.
  var gather: GatherBuffer?
  /// What the server may still send beside its answers; a server's session weighs nothing.
  var meter: FrameMeter?
  /// Whether nghttp2 is at work: it must not be entered again from its own callbacks.
  private var isInside = false

  /// Creates a session that has its preface, SETTINGS and window updates ready to be produced.
  ///
  /// - Parameters:
  ///   - role: Client or server.
  ///   - windowBytes: The receive window of the connection and of each stream, bytes.
  /// - Throws: `HTTP2Error` when memory is short.
  public init(
    role: Role, windowBytes: Int = Limits.receiveWindowBytes
  ) throws(HTTP2Error) {
    self.role = role
    meter = role == .client ? FrameMeter(at: .now()) : nil
    let context = Unmanaged.passUnretained(self).toOpaque()
    let result = SessionCallbacks.makeSession(role, context, &session)
    if result != 0 { throw HTTP2Error(code: result, during: "create an HTTP/2 session") }
    var settings = [
      nghttp2_settings_entry(
        settings_id: Int32(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE.rawValue),
        value: UInt32(windowBytes)),
      nghttp2_settings_entry(
        settings_id: Int32(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE.rawValue),
        value: UInt32(Limits.headerBytesMax)),
    ]
    if role == .client {
      settings.append(
        nghttp2_settings_entry(
          settings_id: Int32(NGHTTP2_SETTINGS_ENABLE_PUSH.rawValue), value: 0))
    }
    let flags = UInt8(NGHTTP2_FLAG_NONE.rawValue)
    try HTTP2Session.check(
      nghttp2_submit_settings(session, flags, settings, settings.count), "submit SETTINGS")
    try HTTP2Session.check(
      nghttp2_session_set_local_window_size(session, flags, 0, Int32(windowBytes)),
      "set the receive window")
  }

  deinit { nghttp2_session_del(session) }

  /// Feeds bytes that arrived; events follow during the call.
  ///
  /// - Parameters:
  ///   - bytes: The next bytes of the connection.
  ///   - now: When they arrived; a client's server may send only so many frames beside its answers.
  /// - Throws: `HTTP2Error` when the peer does not speak HTTP/2, or floods; the connection is then
  ///   to be closed after what `produce` still has to say.
  public func receive(
    _ bytes: UnsafeRawBufferPointer, at now: MonotonicInstant = .now()
  ) throws(HTTP2Error) {
    enter()
    defer { isInside = false }
    if let frame = meter?.take(bytes, at: now, isOpen: { isOpen($0) }) {
      throw HTTP2Error(
        code: NGHTTP2_ERR_FLOODED.rawValue, during: "take \(frame) frames without end")
    }
    let taken = nghttp2_session_mem_recv(
      session, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
    if taken < 0 { throw HTTP2Error(code: Int32(taken), during: "read HTTP/2 frames") }
  }

  /// Appends what is to be sent, until there is nothing more or `gather` is full.
  ///
  /// - Throws: `HTTP2Error` when the session is broken.
  public func produce(into gather: GatherBuffer) throws(HTTP2Error) {
    enter()
    self.gather = gather
    defer {
      self.gather = nil
      isInside = false
    }
    try HTTP2Session.check(nghttp2_session_send(session), "write HTTP/2 frames")
  }

  /// Whether `produce` has something to say right now.
  public var wantsWrite: Bool { nghttp2_session_want_write(session) != 0 }

  /// Whether the session is over: neither side has anything to say.
  public var isOver: Bool {
    nghttp2_session_want_read(session) == 0 && nghttp2_session_want_write(session) == 0
  }

  /// Opens a stream: the fields of `head`, then those of `rest` and `extra`, then the whole of
  /// `body`.
  ///
  /// - Returns: The stream's id.
  /// - Throws: `HTTP2Error` when the session takes no more streams.
  public func submitRequest(
    head: HeaderBlock, rest: HeaderBlock, extra: HeaderBlock? = nil, body: SharedBytes
  ) throws(HTTP2Error) -> Int32 {
    let total = head.count + rest.count + (extra?.count ?? 0)
    var provider = nghttp2_data_provider()
    provider.read_callback = sessionWillReadBody
    let id = withUnsafeTemporaryAllocation(of: nghttp2_nv.self, capacity: total) { fields in
      for index in 0..<head.count { fields[index] = head.fields[index] }
      for index in 0..<rest.count { fields[head.count + index] = rest.fields[index] }
      if let extra {
        for index in 0..<extra.count {
          fields[head.count + rest.count + index] = extra.fields[index]
        }
      }
      return nghttp2_submit_request(session, nil, fields.baseAddress, total, &provider, nil)
    }
    if id < 0 { throw HTTP2Error(code: id, during: "open a stream") }
    outgoing.insert(OutgoingBody(body, heads: (head, rest, extra)), for: id)
    meter?.requestWillBeSent()
    return id
  }

  /// Answers a stream as a server: head, body and trailers.
  ///
  /// - Throws: `HTTP2Error` when the stream is gone or has been answered.
  public func submitResponse(
    _ id: Int32, head: HeaderBlock, body: SharedBytes, trailers: HeaderBlock
  ) throws(HTTP2Error) {
    try checkUnanswered(id)
    var provider = nghttp2_data_provider()
    provider.read_callback = sessionWillReadBody
    try HTTP2Session.check(
      nghttp2_submit_response(session, id, head.fields.baseAddress, head.count, &provider),
      "answer a stream")
    outgoing.insert(
      OutgoingBody(body, heads: (head, nil, nil), trailers: trailers), for: id)
  }

  /// Answers a stream as a server with a head alone (a "trailers-only" answer in gRPC's words).
  ///
  /// - Throws: `HTTP2Error` when the stream is gone or has been answered.
  public func submitResponse(_ id: Int32, headOnly head: HeaderBlock) throws(HTTP2Error) {
    try checkUnanswered(id)
    try HTTP2Session.check(
      nghttp2_submit_response(session, id, head.fields.baseAddress, head.count, nil),
      "answer a stream")
    outgoing.insert(OutgoingBody(nil, heads: (head, nil, nil)), for: id)
  }

  /// nghttp2 takes answers to streams that are gone, and drops them without a word.
  private func checkUnanswered(_ id: Int32) throws(HTTP2Error) {
    if nghttp2_session_find_stream(session, id) == nil || outgoing.place(of: id) != nil {
      throw HTTP2Error(code: NGHTTP2_ERR_INVALID_STREAM_ID.rawValue, during: "answer a stream")
    }
  }

  /// Whether a part of the stream's own body still waits to be produced.
  public func isSending(_ id: Int32) -> Bool {
    guard let place = outgoing.place(of: id) else { return false }
    return outgoing[place: place].unsentCount > 0
  }

  /// Ends a stream at once; what still arrives for it is dropped.
  public func resetStream(_ id: Int32, errorCode: UInt32 = HTTP2ErrorCode.cancel) {
    nghttp2_submit_rst_stream(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), id, errorCode)
    if let place = outgoing.place(of: id) { outgoing[place: place].isReset = true }
    meter?.streamWasReset()
  }

  /// Asks the peer for a sign of life; `sessionDidReceivePingAnswer` follows.
  public func ping() { nghttp2_submit_ping(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), nil) }

  /// Says goodbye; `produce` sends it, then the session is over.
  public func terminate(errorCode: UInt32 = HTTP2ErrorCode.none) {
    nghttp2_session_terminate_session(session, errorCode)
  }

  /// Whether a stream's answer is still waited for.
  private func isOpen(_ id: Int32) -> Bool {
    outgoing.place(of: id).map { !outgoing[place: $0].isReset } ?? false
  }

  private func enter() {
    assert(!isInside, "an HTTP/2 session was entered again from one of its own events")
    isInside = true
  }

  private static func check(_ result: Int32, _ operation: String) throws(HTTP2Error) {
    if result != 0 { throw HTTP2Error(code: result, during: operation) }
  }
}

/// What a stream still has to send, and the header memory that nghttp2 refers to meanwhile.
struct OutgoingBody {
  let body: SharedBytes?
  let heads: (HeaderBlock, HeaderBlock?, HeaderBlock?)
  let trailers: HeaderBlock?
  var offset = 0
  /// Whether the stream was given up; its RST_STREAM may still wait to be sent.
  var isReset = false

  init(
    _ body: SharedBytes?, heads: (HeaderBlock, HeaderBlock?, HeaderBlock?),
    trailers: HeaderBlock? = nil
  ) {
    self.body = body
    self.heads = heads
    self.trailers = trailers
  }

  /// What has yet to be produced of the body, bytes.
  var unsentCount: Int { body.map { $0.count - offset } ?? 0 }
}
