internal import CWslay
import Cryptography

/// One WebSocket connection without I/O: bytes in, events out, bytes out.
///
/// Not `Sendable`: used by one loop. The owner gives it what the transport delivers
/// (`receive`, `transportEnded`), writes what `takeOutput` hands over after every call, and closes
/// the transport once `isClosed` is true and the output is written. Handshake, close and pings have
/// no clock here: the owner sets the deadlines.
public final class WebSocketConnection {
  private enum State {
    /// The peer's HTTP head is being read; becomes `readingRefusal`, `open` or `closed`.
    case readingHead
    /// The server said no, and says why (client only); becomes `closed`.
    case readingRefusal(status: Int, body: [UInt8], bodyBytesMax: Int)
    /// Frames are exchanged; becomes `closed`.
    case open(FrameEngine)
    /// Over; becomes nothing else.
    case closed
  }

  private let limits: WebSocketLimits
  /// The request that was sent; nil for a server.
  private let upgrade: ClientUpgrade?
  /// The `Authorization` field of the client's upgrade request (server only); nil when there was
  /// none, or more than one.
  public private(set) var authorization: String?
  private var state = State.readingHead
  private var head: HTTPHeadReader
  private var output: [UInt8] = []
  private var events: [WebSocketEvent] = []

  private init(limits: WebSocketLimits, upgrade: ClientUpgrade?) {
    self.limits = limits
    self.upgrade = upgrade
    head = HTTPHeadReader(bytesMax: limits.headBytesMax)
    output = upgrade?.request ?? []
  }

  /// A client's connection to `ws://host:port/path`; its upgrade request is in the output at once.
  ///
  /// - Parameters:
  ///   - host: the name or address as it goes into the `Host` field.
  ///   - port: the port, likewise.
  ///   - path: the path, not percent-encoded; a query cannot be sent.
  ///   - authorization: the value of an `Authorization` field, such as `Bearer TOKEN`; characters
  ///     that aren't printable ASCII are left out, nil sends none.
  ///   - limits: the bounds of the connection.
  /// - Returns: the connection. Without randomness for the handshake it is closed, and the first
  ///   `receive` or `transportEnded` tells the error.
  public static func client(
    host: String, port: UInt16, path: String, authorization: String? = nil,
    limits: WebSocketLimits = WebSocketLimits()
  ) -> WebSocketConnection {
    do {
      let upgrade = try ClientUpgrade(
        host: host, port: port, path: path, authorization: authorization)
      return WebSocketConnection(limits: limits, upgrade: upgrade)
    } catch {
      let connection = WebSocketConnection(limits: limits, upgrade: nil)
      let error = WebSocketError(.libraryFailed, ClientUpgrade.doing, error.description)
      connection.end(with: .failed(error))
      return connection
    }
  }

  /// A server's connection, which waits for the client's upgrade request.
  public static func server(limits: WebSocketLimits = WebSocketLimits()) -> WebSocketConnection {
    WebSocketConnection(limits: limits, upgrade: nil)
  }

  // MARK: In

  /// Takes what the transport delivered, in any portions, and tells what it means. What comes after
  /// the end of the connection is ignored.
  public func receive(_ bytes: UnsafeRawBufferPointer) -> [WebSocketEvent] {
    var rest = bytes
    while !rest.isEmpty, !isClosed {
      switch state {
      case .readingHead: readHead(&rest)
      case .readingRefusal(let status, let body, let bodyBytesMax):
        let added = rest.prefix(bodyBytesMax - body.count)
        readRefusal(status: status, body: body + added, bodyBytesMax: bodyBytesMax)
        rest = UnsafeRawBufferPointer(rebasing: rest[added.count...])
      case .open(let engine):
        engine.receive(rest)
        collect(from: engine)
        rest = UnsafeRawBufferPointer(rebasing: rest[rest.count...])
      case .closed: break
      }
    }
    return takeEvents()
  }

  /// Tells that the transport has ended, in order or not. The connection is over afterwards.
  ///
  /// - Returns: `.closed` with code 1006 for an open connection, `.refused` or `.failed` for one
  ///   in its handshake, nothing for one that was over.
  public func transportEnded() -> [WebSocketEvent] {
    switch state {
    case .readingHead:
      let cause =
        head.bytes.isEmpty
        ? "the connection ended before the peer sent anything"
        : "the connection ended in the middle of the HTTP head \(head.excerpt)"
      end(with: .failed(WebSocketError(.transportEnded, doing, cause)))
    case .readingRefusal(let status, let body, _): refuse(status, body)
    case .open: end(with: .closed(code: 1006, reason: ""))
    case .closed: break
    }
    return takeEvents()
  }

  // MARK: Out

  /// Queues a text message, which must be UTF-8.
  ///
  /// - Returns: `.queued`; `.queueFull` when it would take the output over `queuedBytesMax`;
  ///   `.notOpen` when the handshake is not done or the connection is closing or closed.
  public func sendText(_ utf8: some Collection<UInt8>) -> WebSocketSendResult {
    let sent = utf8.withContiguousStorageIfAvailable {
      send(WSLAY_TEXT_FRAME, UnsafeRawBufferPointer($0))
    }
    return sent ?? Array(utf8).withUnsafeBytes { send(WSLAY_TEXT_FRAME, $0) }
  }

  /// Queues a ping; the peer's answer is told as `.pong`.
  ///
  /// - Returns: as `sendText` does.
  @discardableResult public func sendPing() -> WebSocketSendResult {
    send(WSLAY_PING, UnsafeRawBufferPointer(start: nil, count: 0))
  }

  /// Starts to close: queues a close frame once, after which nothing can be sent. The connection is
  /// closed when the peer has answered (`.closed`); the owner sets a deadline for that. In the
  /// handshake, the connection is over at once.
  ///
  /// - Parameters:
  ///   - code: 1000 to 1003, 1007 to 1011, or 3000 to 4999; any other is sent as 1000.
  ///   - reason: for people; cut to 123 bytes at a character.
  public func close(code: UInt16, reason: String) {
    switch state {
    case .readingHead, .readingRefusal:
      state = .closed
      output = []
    case .open(let engine) where engine.canSend:
      let isSendable =
        (1000...1003).contains(code) || (1007...1011).contains(code)
        || (3000...4999).contains(code)
      engine.close(code: isSendable ? code : 1000, reason: Self.cut(reason))
      collect(from: engine)
    case .open, .closed: break
    }
  }

  /// Whether there are bytes to be written.
  public var hasOutput: Bool { !output.isEmpty }

  /// How many bytes wait to be written.
  public var queuedByteCount: Int { output.count }

  /// Hands over the bytes to be written to the transport, in order. They count no longer towards
  /// `queuedBytesMax`, so take them only when the transport takes more.
  public func takeOutput() -> [UInt8] {
    defer { output = [] }
    return output
  }

  /// Whether the connection is over: nothing more is read or queued. Once the output is written,
  /// close the transport.
  public var isClosed: Bool {
    if case .closed = state { true } else { false }
  }

  // MARK: Handshake

  private var doing: String { upgrade == nil ? ServerUpgrade.doing : ClientUpgrade.doing }

  private func readHead(_ rest: inout UnsafeRawBufferPointer) {
    let progress = head.read(&rest)
    if let upgrade {
      readAnswer(to: upgrade, progress)
    } else {
      readRequest(progress)
    }
  }

  private func readAnswer(to upgrade: ClientUpgrade, _ progress: HTTPHeadReader.Progress) {
    guard progress != .notHTTP, ClientUpgrade.canBeHTTP(head.bytes) else {
      let cause = "not an HTTP server (got \(head.excerpt)); check host and port"
      return end(with: .failed(WebSocketError(.notHTTP, doing, cause)))
    }
    switch progress {
    case .incomplete, .notHTTP: return
    case .tooLarge:
      let cause = "the answer's head is over the limit of \(limits.headBytesMax) bytes"
      end(with: .failed(WebSocketError(.headTooLarge, doing, cause)))
    case .complete:
      switch upgrade.read(head.bytes) {
      case .accepted: open(isServer: false, path: upgrade.path)
      case .failed(let error): end(with: .failed(error))
      case .refused(let status, let bodyByteCount):
        let bytesMax =
          switch bodyByteCount {
          case .exactly(let count): min(count, WebSocketLimits.refusalBytesMax)
          case .untilEnd: WebSocketLimits.refusalBytesMax
          }
        readRefusal(status: status, body: [], bodyBytesMax: bytesMax)
      }
    }
  }

  private func readRequest(_ progress: HTTPHeadReader.Progress) {
    let verdict: ServerUpgrade.Verdict
    switch progress {
    case .incomplete: return
    case .complete: verdict = ServerUpgrade.judge(head.bytes)
    case .tooLarge: verdict = ServerUpgrade.refuseLargeHead(bytesMax: limits.headBytesMax)
    case .notHTTP: verdict = ServerUpgrade.refuseForeignBytes(head.excerpt)
    }
    output += verdict.answer
    authorization = verdict.authorization
    switch verdict.result {
    case .success(let path): open(isServer: true, path: path)
    case .failure(let error): end(with: .failed(error))
    }
  }

  private func readRefusal(status: Int, body: [UInt8], bodyBytesMax: Int) {
    state = .readingRefusal(status: status, body: body, bodyBytesMax: bodyBytesMax)
    if body.count >= bodyBytesMax { refuse(status, body) }
  }

  private func refuse(_ status: Int, _ body: [UInt8]) {
    end(with: .refused(status: status, body: String(decoding: body, as: UTF8.self)))
  }

  private func open(isServer: Bool, path: String) {
    guard let engine = FrameEngine(isServer: isServer, messageBytesMax: limits.messageBytesMax)
    else {
      return end(with: .failed(WebSocketError(.libraryFailed, doing, "out of memory")))
    }
    state = .open(engine)
    events.append(.upgraded(path: path))
  }

  // MARK: Frames

  private func send(
    _ opcode: wslay_opcode, _ bytes: UnsafeRawBufferPointer
  ) -> WebSocketSendResult {
    guard case .open(let engine) = state, engine.canSend else { return .notOpen }
    let isControl = opcode != WSLAY_TEXT_FRAME
    let bytesMax = limits.queuedBytesMax + (isControl ? WebSocketLimits.controlBytesMax : 0)
    let frameBytes = bytes.count + frameHeadBytes(for: bytes.count)
    guard output.count <= bytesMax - frameBytes else { return .queueFull }
    engine.send(opcode, bytes)
    collect(from: engine)
    return isClosed ? .notOpen : .queued
  }

  /// The head of a frame: two bytes, a longer length, and the mask that only clients send.
  private func frameHeadBytes(for byteCount: Int) -> Int {
    let lengthBytes = byteCount < 126 ? 0 : byteCount < 1 << 16 ? 2 : 8
    return 2 + lengthBytes + (upgrade == nil ? 0 : 4)
  }

  private func collect(from engine: FrameEngine) {
    let produced = engine.takeOutput()
    if output.isEmpty { output = produced } else { output += produced }
    if output.count > limits.queuedBytesMax + WebSocketLimits.controlBytesMax {
      output = []
      let cause =
        "the peer sends pings and does not read: \(limits.queuedBytesMax) bytes wait for it"
      engine.abandon(WebSocketError(.outputQueueFull, "answering pings", cause))
    }
    events += engine.takeEvents()
    if engine.isFinished { state = .closed }
  }

  private func end(with event: WebSocketEvent) {
    state = .closed
    events.append(event)
  }

  private func takeEvents() -> [WebSocketEvent] {
    defer { events = [] }
    return events
  }

  /// The reason's UTF-8, cut at a character to what fits into a close frame.
  private static func cut(_ reason: String) -> [UInt8] {
    var text = reason.prefix(123)
    while text.utf8.count > 123 { text.removeLast() }
    return Array(text.utf8)
  }
}
