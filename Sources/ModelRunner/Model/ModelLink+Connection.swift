internal import Competition
internal import EventLoop
internal import GRPC
internal import HTTP2
internal import Resilience

/// The way from "the orchestrator names it" to "takes calls", and back.
extension ModelLink: GRPCChannelHandler {
  /// Asks for a turn to connect.
  func open() {
    shard.options.security.credentials?.prepare(model.modelID)
    state = .waiting
    shard.gate.enter(self)
  }

  /// Ends the link for good.
  func close(_ reason: String) {
    guard state != .closed else { return }
    state = .closed
    shard.gate.leave(self)
    dropFlight("CLOSED: \(reason)")
    disconnect()
    cancelHealthCheck()
    timer?.close()
    timer = nil
    shard.options.security.credentials?.forget(model.modelID)
    shard.emit(.modelClosed(model, reason: reason))
  }

  /// Goes on although the model would have been reported: one that never was set up is tried again.
  func stayAfterWithheldReport() {
    guard state != .closed, !wasReady else { return }
    sequence = ConnectSequence(shard.options.breakerPolicy)
    wait(.seconds(16))
  }

  /// The gate's turn has come.
  func connect() {
    guard state == .waiting else { return shard.gate.leave(self) }
    guard hasCredentials() else { return }
    state = .connecting
    proof = nil
    let security = shard.options.security
    do throws(ChannelEnd) {
      let channel = try GRPCChannel(
        host: model.host, port: model.port, authority: security.authority(of: model),
        security: security.channelSecurity(for: model), on: shard.loop, handler: self)
      channel.metadataNames = security.verification?.metadataNames ?? []
      self.channel = channel
      arm(after: ConnectSequence.readyTimeout)
    } catch {
      shard.gate.leave(self)
      connectFailed(ConnectFailure(error))
    }
  }

  /// Whether a call could be made; else the link waits for its credentials, or has failed.
  private func hasCredentials() -> Bool {
    switch access {
    case .granted:
      credentialDeadline = nil
      return true
    case .pending:
      let now = MonotonicInstant.now()
      let deadline = credentialDeadline ?? now.advanced(by: ConnectSequence.readyTimeout)
      shard.gate.leave(self)
      guard now < deadline else {
        credentialDeadline = nil
        connectFailed(
          .notReachable(
            detail: "our credentials were not ready within \(ConnectSequence.readyTimeout.text)"))
        return false
      }
      credentialDeadline = deadline
      wait(credentialWait)
    case .denied(let reason):
      shard.gate.leave(self)
      connectFailed(.notReachable(detail: reason))
    }
    return false
  }

  /// The server speaks HTTP/2: Setup goes out.
  func channelDidOpen(_ channel: GRPCChannel) {
    guard state == .connecting else { return }
    shard.gate.leave(self)
    state = .settingUp
    arm(after: ConnectSequence.setupTimeout)
    var metadata: HeaderBlock?
    if case .granted(let fields) = access { metadata = fields }
    setupCallID = channel.call(
      head: shard.setupHead, metadata: metadata, body: shard.setupFrame,
      budget: ReplyBudget(replyBytesMax: 1 << 20, totalBytesMax: 1 << 20), handler: self)
    if setupCallID == nil {
      connectFailed(.notReachable(detail: "the server takes no calls"))
    }
  }

  /// The connection is gone; a call in flight has been told already.
  func channel(_ channel: GRPCChannel, didClose end: ChannelEnd) {
    shard.gate.leave(self)
    self.channel = nil
    if let code = end.tlsCode { shard.tlsFailed(code) }
    switch state {
    case .connecting, .settingUp: connectFailed(ConnectFailure(end))
    case .ready: lost(end.reason)
    case .waiting, .closed: break
    }
  }

  func setupDidEnd(_ end: UnaryEnd) {
    setupCallID = nil
    guard state == .settingUp else { return }
    guard let message = end.message else {
      switch (end.origin, end.status.code) {
      case (.server, .resourceExhausted): return connectFailed(.setupBusy)
      case (.server, .deadlineExceeded): return connectFailed(.setupUnanswered)
      default: return connectFailed(.notReachable(detail: "Setup: \(end.status)"))
      }
    }
    // What somebody else's process answers means nothing.
    if let refusal = refusal(end.metadata) {
      return connectFailed(.notAuthentic(detail: refusal))
    }
    do {
      setupAnswered(try CallReply(message))
    } catch {
      connectFailed(.setupFailed(detail: "\(error)"))
    }
  }

  /// Closes and connects anew because the model says, or shows, that it is not healthy. Until it is
  /// set up again it takes no part, and its counters start afresh.
  func reconnectAfterBadHealth() {
    guard state != .closed else { return }
    shard.emit(.modelLost(model, reason: "its health service does not say SERVING"))
    dropFlight("UNAVAILABLE: the connection is being renewed")
    disconnect()
    cancelHealthCheck()
    wasReady = false
    sequence = ConnectSequence(shard.options.breakerPolicy)
    breakerReconnected()
    open()
  }

  private func setupAnswered(_ reply: CallReply) {
    switch reply.code {
    case "SUCCESS": becomeReady()
    case "BAD_IMPLEMENTATION": connectFailed(.setupBadImplementation(detail: reply.message))
    case "INVALID_ARGUMENT": connectFailed(.setupInvalidArgument(detail: reply.message))
    default: connectFailed(.setupFailed(detail: "\(reply.code): \(reply.message)"))
    }
  }

  private func becomeReady() {
    state = .ready
    wasReady = true
    lossKind = .transport
    setupRetry.reset()
    connection = shard.takeConnectionNumber()
    timer?.disarm()
    watchDates()
    sequence = ConnectSequence(shard.options.breakerPolicy)
    lossBackoff.reset()
    breakerBecameReady()
    settleStart()
    shard.setupEnded(self, nil, "")
    shard.emit(.modelReady(model))
  }

  /// A connection that worked is gone: connect anew for as long as the breaker lets the model live.
  private func lost(_ reason: String) {
    lastLoss = reason
    shard.emit(.modelLost(model, reason: reason))
    wait(lossBackoff.next(using: &shard.random))
  }

  /// Connects anew, since the certificate of this connection is none any more.
  func certificateExpired(_ reason: String) {
    dropFlight("UNAVAILABLE: \(reason)")
    disconnect()
    lost(reason)
  }

  func connectFailed(_ failure: ConnectFailure) {
    disconnect()
    lossKind = failure == .outOfDescriptors ? .ours : .transport
    if wasReady, failure.isLoss {
      lastLoss = failure.text
      if failure == .outOfDescriptors { shard.descriptorsRanOut() }
      return wait(lossBackoff.next(using: &shard.random))
    }
    let action = sequence.failed(failure, using: &shard.random)
    switch action {
    case .retry(let delay):
      if failure == .outOfDescriptors {
        shard.descriptorsRanOut()
      } else {
        shard.emit(.modelNotReady(model, reason: failure.text, retryAfter: delay))
      }
      settleStart()
      wait(delay)
    case .report, .giveUp:
      guard shard.options.breakerPolicy == .fair, let fault = SetupFault(failure) else {
        settleStart()
        return carryOut(action)
      }
      // Whether the model is to blame depends on the others.
      state = .waiting
      timer?.disarm()
      heldAction = action
      shard.setupEnded(self, fault, failure.text)
      settleStart()
    }
  }

  /// Goes on after the judgement that the link was held for: as its failure demands, or, when so
  /// many have the same trouble that it must be ours, with another attempt later.
  func judged(isExcused: Bool) {
    guard state == .waiting, let action = heldAction else { return }
    heldAction = nil
    guard isExcused else { return carryOut(action) }
    sequence = ConnectSequence(shard.options.breakerPolicy)
    wait(setupRetry.next(using: &shard.random))
  }

  private func carryOut(_ action: ConnectAction) {
    switch action {
    case .retry(let delay): wait(delay)
    case .report(let code, let reason): shard.report(self, code, reason)
    case .giveUp(let reason): shard.remove(self, reason)
    }
  }

  private func wait(_ delay: Duration) {
    state = .waiting
    arm(after: delay)
  }

  /// The one timer of the link: the end of a back-off, or of an attempt's patience.
  private func timerFired() {
    switch state {
    case .waiting where heldAction != nil: break
    case .waiting: shard.gate.enter(self)
    case .connecting:
      shard.gate.leave(self)
      connectFailed(
        .notReachable(
          detail: "\(model.host):\(model.port) was not ready within "
            + ConnectSequence.readyTimeout.text))
    case .settingUp: connectFailed(.setupUnanswered)
    case .ready: datesCame()
    case .closed: break
    }
  }

  func arm(after delay: Duration) {
    if timer == nil {
      timer = LoopTimer(on: shard.loop) { [unowned self] in self.timerFired() }
    }
    timer?.arm(after: delay)
  }

  private func disconnect() {
    setupCallID = nil
    channel?.close()
    channel = nil
  }

  private func settleStart() {
    guard !isSettled else { return }
    isSettled = true
    shard.linkDidSettle()
  }
}

/// How soon credentials that are being made are asked for again.
private let credentialWait = Duration.milliseconds(50)

extension ConnectFailure {
  fileprivate init(_ end: ChannelEnd) {
    self = end.kind == .outOfDescriptors ? .outOfDescriptors : .notReachable(detail: end.reason)
  }

  /// Whether a model that worked before has only lost its connection.
  fileprivate var isLoss: Bool {
    switch self {
    case .notReachable, .outOfDescriptors: true
    default: false
    }
  }

  /// The failure for a log line.
  fileprivate var text: String {
    switch self {
    case .notReachable(let detail), .notAuthentic(let detail): detail
    case .outOfDescriptors: "out of file descriptors"
    case .setupUnanswered: "Setup was not answered"
    case .setupBusy: "Setup: Server busy"
    case .setupBadImplementation(let detail): "Setup: BAD_IMPLEMENTATION: \(detail)"
    case .setupInvalidArgument(let detail): "Setup: INVALID_ARGUMENT: \(detail)"
    case .setupFailed(let detail): "Setup: \(detail)"
    }
  }
}
