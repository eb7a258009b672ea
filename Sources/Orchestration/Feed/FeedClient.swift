import Competition
import EventLoop
import WebSocket

/// What a publisher hears from one of its clients.
protocol FeedClientHandler: AnyObject {
  /// The client asks for a competition; the path is without slashes.
  func client(_ client: FeedClient, didAskFor crunchID: String)
  /// The client sent a text.
  func client(_ client: FeedClient, didSend text: [UInt8])
  /// The client is gone; `drop` tells why it was ended from here, nil when the client wanted it so.
  /// Called once; the connection has been closed.
  func client(_ client: FeedClient, didEnd reason: String, drop: FeedDrop?)
}

/// One client of a feed: its TCP connection, its WebSocket and its deadlines.
///
/// It may become: handshaking → open → closing → ended; any of them may end at once.
final class FeedClient: TCPStreamHandler, TurnEndTask {
  /// Where it connected from, for people.
  var address: String { stream.peer?.description ?? "a client that is gone" }
  /// The competition that it asked for; nil before the handshake.
  private(set) var crunchID: String?
  /// Whether it may report models: it showed the token, or comes from this machine when none is
  /// asked for.
  private(set) var mayReport = false
  /// What may still be refused of it.
  var refusals: Allowance
  /// What it may still report.
  var reports: Allowance
  /// Whether no more of its messages are taken.
  var isClosing: Bool { waiting == .close }

  private enum Waiting { case handshake, ping, pong, close }

  private let stream: TCPStream
  private let socket: WebSocketConnection
  private let options: FeedOptions
  private let loop: Loop
  private weak var handler: (any FeedClientHandler)?
  private var timer: LoopTimer?
  private var waiting = Waiting.handshake
  private var endReason: String?
  private var drop: FeedDrop?
  private var isScheduled = false

  init(_ stream: TCPStream, options: FeedOptions, on loop: Loop, handler: any FeedClientHandler) {
    self.stream = stream
    self.options = options
    self.loop = loop
    self.handler = handler
    refusals = Allowance(most: options.refusalsMax, perSecond: 1, at: loop.now)
    reports = Allowance(
      most: options.reportsMax, perSecond: options.reportsPerSecond, at: loop.now)
    socket = .server(
      limits: WebSocketLimits(
        messageBytesMax: options.messageBytesMax, queuedBytesMax: options.queuedBytesMax))
    timer = LoopTimer(on: loop) { [weak self] in self?.timeIsUp() }
    timer?.arm(after: options.handshakeTimeout)
    stream.handler = self
  }

  /// Sends a text; a client for which too much is waiting is dropped.
  func send(_ text: [UInt8]) {
    guard socket.sendText(text) == .queueFull else { return scheduleFlush() }
    drop = .slow
    end("too slow: more than \(ByteCountText.describe(options.queuedBytesMax)) wait for it")
  }

  /// Closes in order, once: what is queued goes out first.
  func close(code: UInt16, reason: String, drop: FeedDrop? = nil) {
    guard timer != nil, !isClosing else { return }
    endReason = endReason ?? reason
    self.drop = self.drop ?? drop
    socket.close(code: code, reason: reason)
    wait(.close, options.handshakeTimeout)
    scheduleFlush()
  }

  /// Closes now, after an attempt to say so; the handler isn't told.
  func closeNow() {
    handler = nil
    socket.close(code: 1_001, reason: "the orchestrator stops")
    flush()
    end("closed")
  }

  func streamDidConnect(_ stream: TCPStream) {}

  func stream(_ stream: TCPStream, didRead bytes: UnsafeRawBufferPointer) {
    for event in socket.receive(bytes) {
      switch event {
      case .upgraded(let path): upgraded(path)
      case .text(let text): if !isClosing { handler?.client(self, didSend: text) }
      case .binary:
        close(code: 1_003, reason: "only text messages are understood", drop: .unruly)
      case .pong: if waiting == .pong { waitForPing() }
      case .closed(let code, let reason):
        endReason = endReason ?? "closed with code \(code)\(reason.isEmpty ? "" : ": \(reason)")"
      case .failed(let error):
        endReason = endReason ?? error.description
        drop = drop ?? .unruly
      case .refused: break
      }
    }
    scheduleFlush()
  }

  func streamDidDrain(_ stream: TCPStream) { scheduleFlush() }

  func stream(_ stream: TCPStream, didEnd error: EventLoopError?) {
    _ = socket.transportEnded()
    end(error.map { "\($0)" } ?? endReason ?? "the client closed the connection")
  }

  func turnDidEnd() {
    isScheduled = false
    flush()
  }

  private func upgraded(_ path: String) {
    let name = String(path.drop { $0 == "/" }.reversed().drop { $0 == "/" }.reversed())
    if name.isEmpty {
      send(Array(FeedMessage.missingCrunch.utf8))
      return close(code: 1_000, reason: "no crunch_id in the path")
    }
    crunchID = name
    mayReport =
      options.token?.isShown(by: socket.authorization) ?? (stream.peer?.isLoopback == true)
    waitForPing()
    handler?.client(self, didAskFor: name)
  }

  private func scheduleFlush() {
    guard !isScheduled, timer != nil else { return }
    isScheduled = true
    loop.atTurnEnd(self)
  }

  /// Writes when the last write is out, so that what waits is counted in one place.
  private func flush() {
    guard !stream.isClosed, !stream.isWriteQueued else { return }
    if socket.hasOutput { _ = stream.write(socket.takeOutput()) }
    if socket.isClosed, !socket.hasOutput, !stream.isWriteQueued {
      end(endReason ?? "closed")
    }
  }

  private func waitForPing() {
    guard let interval = options.pingInterval else {
      timer?.disarm()
      return
    }
    wait(.ping, interval)
  }

  private func wait(_ what: Waiting, _ time: Duration) {
    waiting = what
    timer?.arm(after: time)
  }

  private func timeIsUp() {
    if waiting != .ping { drop = drop ?? .silent }
    switch waiting {
    case .handshake: end("no upgrade request within \(options.handshakeTimeout.text)")
    case .ping:
      _ = socket.sendPing()
      scheduleFlush()
      wait(.pong, options.pingTimeout)
    case .pong: end("it didn't answer a ping within \(options.pingTimeout.text)")
    case .close: end(endReason ?? "it didn't answer the close")
    }
  }

  private func end(_ reason: String) {
    guard timer != nil else { return }
    timer?.close()
    timer = nil
    stream.close()
    handler?.client(self, didEnd: reason, drop: drop)
  }
}
