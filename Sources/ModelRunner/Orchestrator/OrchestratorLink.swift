internal import Competition
import DequeModule
internal import EventLoop
internal import Resilience
internal import WebSocket

/// What the link to the orchestrator tells its owner, on the loop's thread.
protocol OrchestratorLinkHandler: AnyObject {
  func orchestratorDidConnect()
  func orchestratorDidSend(_ message: OrchestratorMessage)
  func orchestratorDidSendNonsense(_ reason: String)
  func orchestratorDidDisconnect(_ reason: String, retryAfter: Duration)
}

/// The WebSocket connection to the orchestrator: made, watched, and made again for ever.
///
/// It may become: connecting → open → waiting (back-off) → connecting …, and closed from any state.
/// Failure reports made while it is away are kept, up to `Limits.queuedReportsMax`, and sent on
/// return.
final class OrchestratorLink {
  private enum State {
    case connecting
    case open
    case waiting
    case closed
  }

  private static let connectTimeout = Duration.seconds(10)
  private static let pingInterval = Duration.seconds(20)
  /// A connection that has been of use for this long starts the back-off anew.
  private static let steadyAfter = Duration.seconds(1)

  weak var handler: (any OrchestratorLinkHandler)?
  private let host: String
  private let port: UInt16
  private let path: String
  private let authorization: String?
  private let loop: Loop
  private var state = State.waiting
  private var stream: TCPStream?
  private var resolution: Resolution?
  private var socket: WebSocketConnection?
  private var timer: LoopTimer?
  private var backoff = Backoff.orchestrator
  private var random: SplitMix64
  private var reports: Deque<FailureReport> = []
  private var sawPong = true
  /// When the first message of this connection came that was of use.
  private var usefulSince: MonotonicInstant?
  private var isFlushScheduled = false

  init(_ options: ClusterOptions, on loop: Loop) {
    host = options.orchestratorHost
    port = options.orchestratorPort
    path = "/" + options.crunchID
    authorization = options.orchestratorAuthorization
    self.loop = loop
    random = SplitMix64(seed: options.seed ^ 0x6f72_6368)
  }

  /// Begins to connect.
  func open() {
    timer = LoopTimer(on: loop) { [weak self] in self?.timerFired() }
    connect()
  }

  /// Ends the link for good, in order when it is open.
  func close() {
    guard state != .closed else { return }
    if state == .open {
      socket?.close(code: 1_000, reason: "")
      flush()
    }
    state = .closed
    drop()
    timer?.close()
    timer = nil
  }

  /// Sends a report now, or when the orchestrator is back.
  ///
  /// - Returns: False when too many reports are waiting and this one is dropped.
  func send(_ report: FailureReport) -> Bool {
    guard reports.count < Limits.queuedReportsMax else { return false }
    reports.append(report)
    sendReports()
    return true
  }

  private func connect() {
    state = .connecting
    timer?.arm(after: Self.connectTimeout)
    do throws(EventLoopError) {
      if let address = SocketAddress(host: host, port: port) {
        stream = try TCPStream.connect(to: address, on: loop, handler: self)
      } else {
        resolution = try Resolution.start(host: host, port: port, on: loop) { [weak self] in
          self?.didResolve($0)
        }
      }
    } catch {
      disconnected("\(error)")
    }
  }

  private func didResolve(_ result: Result<SocketAddress, EventLoopError>) {
    resolution = nil
    guard state == .connecting else { return }
    do throws(EventLoopError) {
      stream = try TCPStream.connect(to: try result.get(), on: loop, handler: self)
    } catch {
      disconnected("\(error)")
    }
  }

  private func timerFired() {
    switch state {
    case .waiting: connect()
    case .connecting: disconnected("no answer within \(Self.connectTimeout.text)")
    case .open:
      guard sawPong else {
        return disconnected("no answer to a ping within \(Self.pingInterval.text)")
      }
      sawPong = false
      socket?.sendPing()
      scheduleFlush()
      timer?.arm(after: Self.pingInterval)
    case .closed: break
    }
  }

  private func disconnected(_ reason: String) {
    guard state != .closed, state != .waiting else { return }
    drop()
    state = .waiting
    // An orchestrator that accepts and closes at once, for ever, with or without its list, is asked
    // ever more rarely.
    if let since = usefulSince, MonotonicInstant.now().since(since) >= Self.steadyAfter {
      backoff.reset()
    }
    usefulSince = nil
    let delay = backoff.next(using: &random)
    timer?.arm(after: delay)
    handler?.orchestratorDidDisconnect(reason, retryAfter: delay)
  }

  private func drop() {
    resolution?.cancel()
    resolution = nil
    stream?.close()
    stream = nil
    socket = nil
  }

  private func take(_ event: WebSocketEvent) {
    switch event {
    case .upgraded:
      state = .open
      sawPong = true
      timer?.arm(after: Self.pingInterval)
      handler?.orchestratorDidConnect()
      sendReports()
    case .text(let text): take(text)
    case .binary(let count):
      handler?.orchestratorDidSendNonsense("a binary message of \(count) bytes")
    case .pong: sawPong = true
    case .closed(let code, let reason):
      disconnected(
        "the orchestrator closed with code \(code)\(reason.isEmpty ? "" : ": \(reason)")")
    case .refused(let status, let body):
      disconnected("the orchestrator answered HTTP \(status) to the upgrade: \(body.prefix(200))")
    case .failed(let error): disconnected("\(error)")
    }
  }

  private func take(_ text: [UInt8]) {
    do throws(OrchestratorMessageError) {
      let message = try OrchestratorMessage(text)
      usefulSince = usefulSince ?? .now()
      handler?.orchestratorDidSend(message)
    } catch {
      handler?.orchestratorDidSendNonsense(error.reason)
    }
  }

  private func sendReports() {
    guard state == .open, let socket else { return }
    while let report = reports.first, socket.sendText(report.message) == .queued {
      reports.removeFirst()
    }
    scheduleFlush()
  }

  private func scheduleFlush() {
    guard !isFlushScheduled else { return }
    isFlushScheduled = true
    loop.atTurnEnd(self)
  }

  private func flush() {
    guard let stream, let socket, !stream.isWriteQueued, socket.hasOutput else { return }
    _ = stream.write(socket.takeOutput())
  }
}

extension OrchestratorLink: TurnEndTask {
  func turnDidEnd() {
    isFlushScheduled = false
    flush()
  }
}

extension OrchestratorLink: TCPStreamHandler {
  func streamDidConnect(_ stream: TCPStream) {
    socket = .client(
      host: host, port: port, path: path, authorization: authorization,
      limits: WebSocketLimits(messageBytesMax: Limits.orchestratorMessageBytesMax))
    scheduleFlush()
  }

  func stream(_ stream: TCPStream, didRead bytes: UnsafeRawBufferPointer) {
    guard let socket else { return }
    for event in socket.receive(bytes) {
      take(event)
      if self.socket !== socket { return }
    }
    if socket.hasOutput { scheduleFlush() }
  }

  func streamDidDrain(_ stream: TCPStream) {
    sendReports()
    scheduleFlush()
  }

  func stream(_ stream: TCPStream, didEnd error: EventLoopError?) {
    // A half-read refusal says more than the end of the connection does.
    for event in socket?.transportEnded() ?? [] {
      if case .refused = event { take(event) }
    }
    disconnected(error.map { "\($0)" } ?? "the orchestrator closed the connection")
  }
}
