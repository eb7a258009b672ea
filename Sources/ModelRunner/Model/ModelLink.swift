internal import Competition
internal import EventLoop
internal import GRPC
internal import HTTP2
internal import Resilience

/// One model on one loop: its connection, its set-up, its breaker and the one call in flight.
///
/// Its states and their moves are in `ModelLink+Connection.swift`.
final class ModelLink {
  /// Where a link is in its life.
  enum State: Hashable {
    /// Waits for its turn to connect, or for a back-off to pass. May become connecting or closed.
    case waiting
    /// The connection is being made. May become settingUp, waiting or closed.
    case connecting
    /// Setup is under way. May become ready, waiting or closed.
    case settingUp
    /// Takes calls. May become waiting or closed.
    case ready
    /// The end.
    case closed
  }

  private struct Flight {
    let id: Int32
    let round: ShardRound
    let index: Int
  }

  private(set) var model: ModelDescription
  var state = State.waiting
  /// Whether this connection, or an earlier one of the same deployment, has been ready: then a
  /// broken connection is a model that doesn't answer, and no longer one that has yet to join.
  var wasReady = false
  /// The number of the newest connection that was set up; new for each one within the cluster.
  var connection: UInt64 = 0
  /// Whether connecting has failed or ended once; the cluster's start doesn't wait for it any more.
  var isSettled = false
  var channel: GRPCChannel?
  var timer: LoopTimer?
  var setupCallID: Int32?
  var sequence: ConnectSequence
  var lossBackoff = Backoff(min: .milliseconds(100), max: .seconds(10))
  var lastLoss = ""
  /// What a call counts as while the connection is lost: nothing when the loss is ours.
  var lossKind = TimeoutKind.transport
  /// What a failed set-up demands, until it is judged together with those of the other models.
  var heldAction: ConnectAction?
  /// The back-off of a set-up that fails as it does for many other models, too.
  var setupRetry: Backoff
  /// What the model has proved on this connection.
  var proof: PeerProof?
  /// How long an attempt to connect waits for our own credentials.
  var credentialDeadline: MonotonicInstant?
  private var probe: HealthProbe?
  /// Whether the health service is being asked, or is about to be.
  private(set) var isCheckingHealth = false
  let shard: Shard
  private var breaker: Breaker
  private var flight: Flight?
  private var refusedAnswers: RefusedAnswers
  private var hasAbandoned = false

  init(_ model: ModelDescription, on shard: Shard) {
    self.model = model
    self.shard = shard
    sequence = ConnectSequence(shard.options.breakerPolicy)
    setupRetry = shard.options.setupRetry
    refusedAnswers = RefusedAnswers(shard.options.breaker)
    breaker = Breaker(
      shard.options.breakerPolicy, shard.options.breaker, seed: shard.random.next())
  }

  /// Whether rounds ask this model.
  var isCallable: Bool { wasReady && state != .closed }

  /// Takes over new names and keys of the same process.
  func refresh(_ model: ModelDescription) {
    let old = self.model.infos
    self.model = model
    if old.cruncherWalletPublicKey != model.infos.cruncherWalletPublicKey
      || old.cruncherHotkey != model.infos.cruncherHotkey
    {
      refreshProof()
    }
  }

  /// Makes the call of one round, or says at once why it isn't made.
  func begin(
    _ call: EncodedCall, head: HeaderBlock, at now: MonotonicInstant, in round: ShardRound,
    index: Int
  ) {
    func refuse(_ kind: TimeoutKind, _ detail: String) {
      round.ended(
        index, ClassifiedEnd(.timeout(kind), detail: detail), execTimeMicros: 0, wasSent: false)
    }
    guard flight == nil else {
      return refuse(.ours, "BUSY: another call of ours to this model is under way")
    }
    guard !isCheckingHealth else {
      return refuse(.skipped, "PREEMPTIVE_SKIP: waiting for the model's health check")
    }
    if case .skip(let detail) = breaker.admit(method: call.method, at: now) {
      return refuse(.skipped, detail)
    }
    let metadata: HeaderBlock?
    switch access {
    case .granted(let fields): metadata = fields
    case .pending: return refuse(.ours, "UNAUTHENTICATED: our credentials are not ready yet")
    case .denied(let reason): return refuse(.ours, "UNAUTHENTICATED: \(reason)")
    }
    guard state == .ready, let channel,
      let id = channel.call(
        head: head, metadata: metadata, body: call.frame, budget: round.budget, handler: self)
    else { return refuse(lossKind, "UNAVAILABLE: \(lastLoss)") }
    flight = Flight(id: id, round: round, index: index)
  }

  /// Gives the call of `round` up.
  func abandon(_ round: ShardRound, index: Int, detail: String, kind: TimeoutKind) {
    var sentAt: MonotonicInstant?
    if let flight, flight.round === round {
      self.flight = nil
      sentAt = channel?.cancel(flight.id)
    }
    if sentAt != nil { hasAbandoned = true }
    let exec = sentAt.map { Double(MonotonicInstant.now().nanoseconds(since: $0)) / 1_000 } ?? 0
    // A request that was cut before it left says nothing about the model. One that waited for its
    // whole time waited for the model: it doesn't read, or allows no further stream.
    let end = CallEnd.timeout(sentAt == nil && kind != .deadline ? .ours : kind)
    round.ended(
      index, ClassifiedEnd(end, detail: detail), execTimeMicros: exec, wasSent: sentAt != nil)
  }

  /// Ends the call in flight because the link is being closed.
  func dropFlight(_ detail: String) {
    guard let flight else { return }
    abandon(flight.round, index: flight.index, detail: detail, kind: .transport)
  }

  /// Tells the breaker how the call of a round ended, and does what it asks for.
  func settle(_ end: CallEnd, method: String, at now: MonotonicInstant) {
    guard state != .closed, !isCheckingHealth else { return }
    act(breaker.ended(end, method: method, at: now))
  }

  /// What the next call of `method` will meet.
  func breakerState(of method: String, at now: MonotonicInstant) -> BreakerState {
    breaker.state(of: method, at: now)
  }

  /// What the next calls of all methods will meet: the worst of them.
  func worstBreakerState(at now: MonotonicInstant) -> BreakerState { breaker.worstState(at: now) }

  /// Takes in what became of an answer that was given in time.
  func answerJudged(isRefused: Bool) {
    guard isRefused else { return refusedAnswers.accepted() }
    act(refusedAnswers.refused())
  }

  /// Starts anew after a reconnect that the breaker asked for.
  func breakerReconnected() { breaker.reconnected(at: .now()) }

  /// Lets a model that is set up (again) be called at once.
  func breakerBecameReady() { breaker.becameReady(at: .now()) }

  private func act(_ action: BreakerAction) {
    switch action {
    case .none: break
    case .checkHealth, .open(_, checkHealth: true): checkHealth()
    case .open: break
    case .reconnect: reconnectAfterBadHealth()
    case .report(let code, let reason): shard.report(self, code, reason)
    }
  }

  private func checkHealth() {
    guard !isCheckingHealth else { return }
    isCheckingHealth = true
    shard.healthGate.enter(self)
  }

  /// Asks the health service; false when the question has been given up while it waited.
  func startHealthCheck() -> Bool {
    guard isCheckingHealth, probe == nil else { return false }
    let security = shard.options.security
    var metadata: HeaderBlock?
    if case .granted(let fields) = access { metadata = fields }
    probe = HealthProbe(
      host: model.host, port: model.port, authority: security.authority(of: model),
      security: security.channelSecurity(for: model), metadata: metadata,
      timeout: shard.healthTimeout, on: shard.loop
    ) { [weak self] answer in
      guard let self else { return }
      endHealthCheck()
      act(breaker.healthAnswered(HealthAnswer(answer), at: .now()))
    }
    return true
  }

  /// Gives a health check up: its answer is of no use any more.
  func cancelHealthCheck() {
    probe?.cancel()
    endHealthCheck()
  }

  private func endHealthCheck() {
    isCheckingHealth = false
    guard probe != nil else { return }
    probe = nil
    shard.healthGate.leave()
  }
}

extension ModelLink: UnaryCallHandler {
  /// The answer to Setup, or to the call of a round.
  func call(_ id: Int32, didEnd end: UnaryEnd) {
    if id == setupCallID { return setupDidEnd(end) }
    guard let flight, flight.id == id else { return }
    self.flight = nil
    let refusal = end.message == nil ? nil : refusal(end.metadata)
    let classified =
      refusal.map { ClassifiedEnd(.timeout(.status), detail: "UNAUTHENTICATED: \($0)") }
      ?? ClassifiedEnd(end, hasAbandoned: hasAbandoned)
    if classified.end.showsAnIdleModel { hasAbandoned = false }
    let exec = end.sentAt.map { Double(end.endedAt.nanoseconds(since: $0)) / 1_000 } ?? 0
    flight.round.ended(
      flight.index, classified, execTimeMicros: exec, wasSent: end.sentAt != nil)
    if let refusal { peerRefused(refusal) }
  }
}

extension CallEnd {
  /// Whether the model answered this very call, so that no earlier one runs any more.
  fileprivate var showsAnIdleModel: Bool {
    switch self {
    case .success, .failure: true
    case .timeout, .nobodysFault: false
    }
  }
}

extension HealthAnswer {
  fileprivate init(_ answer: HealthProbe.Answer) {
    switch answer {
    case .serving: self = .serving
    case .notServing: self = .notServing
    case .noAnswer: self = .noAnswer
    }
  }
}
