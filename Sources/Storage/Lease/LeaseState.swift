import Competition

/// The life of a lease: what has happened goes in, what to do next and what to tell comes out.
struct LeaseState {
  /// What the thread does next.
  enum Step: Hashable {
    /// Open a session, not before this instant.
    case connect(at: MonotonicInstant)
    /// Ask for the lease, not before this instant; watch the session meanwhile.
    case ask(at: MonotonicInstant)
    /// End the session of our own that the server still believes in.
    case endFormer(LeaseHolder)
    /// Watch the session until this instant, then ask whether the lock is still held.
    case hold(until: MonotonicInstant)
    /// Nothing more: it is lost, or there never was a session.
    case end
  }

  /// Where it stands.
  private enum Phase {
    /// No session yet. Becomes `waiting`, or `over` when there is no way to the database.
    case starting
    /// Somebody else's, or not asked for yet. Becomes `held`.
    case waiting
    /// Ours. Becomes `recovering` when the session breaks.
    case held
    /// Ours until somebody else is seen with it. Becomes `held`, or `over`.
    case recovering(since: MonotonicInstant)
    /// The end.
    case over
  }

  private(set) var step: Step
  private let timings: LeaseTimings
  private var phase = Phase.starting
  private var retryStep: Duration
  /// Whether the next session follows one that broke: the holder's may have broken with it.
  private var owesGrace = false
  private var isOutageTold = false
  private var told: (holder: LeaseHolder, at: MonotonicInstant)?
  /// The session that held the lease last.
  private var own: LeaseHolder?

  init(_ timings: LeaseTimings, at now: MonotonicInstant) {
    self.timings = timings
    retryStep = timings.retryStep
    step = .connect(at: now)
  }

  /// A session is open.
  mutating func connected(at now: MonotonicInstant) {
    if case .starting = phase { phase = .waiting }
    step = .ask(at: owesGrace ? now.advanced(by: timings.waiterGrace) : now)
  }

  /// The lease was given to our session, which `holder` describes.
  mutating func granted(to holder: LeaseHolder, at now: MonotonicInstant) -> LeaseEvent? {
    let event: LeaseEvent
    if case .recovering(let since) = phase {
      event = .regained(after: now.since(since))
    } else {
      event = .acquired(hasWaited: told != nil)
    }
    phase = .held
    own = holder
    retryStep = timings.retryStep
    (owesGrace, isOutageTold, told) = (false, false, nil)
    step = .hold(until: now.advanced(by: timings.checkEvery))
    return event
  }

  /// The lease was refused; `holder` is nil when nobody is seen with it any more.
  mutating func refused(for holder: LeaseHolder?, at now: MonotonicInstant) -> LeaseEvent? {
    guard let holder else {
      step = .ask(at: now.advanced(by: timings.retryStep))
      return nil
    }
    guard case .recovering = phase else { return wait(for: holder, at: now) }
    if let own, holder.isSameSession(as: own) {
      step = .endFormer(holder)
      return nil
    }
    phase = .over
    step = .end
    return .lost(holder)
  }

  private mutating func wait(for holder: LeaseHolder, at now: MonotonicInstant) -> LeaseEvent? {
    retryStep = timings.retryStep
    (owesGrace, isOutageTold) = (false, false)
    step = .ask(at: now.advanced(by: timings.askEvery))
    if let told, told.holder == holder, now.since(told.at) < timings.tellEvery { return nil }
    told = (holder, now)
    return .waiting(holder)
  }

  /// The server was asked to end our former session.
  mutating func formerEnded(at now: MonotonicInstant) {
    step = .ask(at: now.advanced(by: nextRetryStep()))
  }

  /// The session is there and holds the lock.
  mutating func checked(at now: MonotonicInstant) {
    step = .hold(until: now.advanced(by: timings.checkEvery))
  }

  /// There is no session: it broke, or none could be opened.
  mutating func broke(_ error: StorageError, at now: MonotonicInstant) -> LeaseEvent? {
    switch phase {
    case .starting, .over:
      phase = .over
      step = .end
      return nil
    case .waiting:
      owesGrace = true
      step = .connect(at: now.advanced(by: nextRetryStep()))
      defer { isOutageTold = true }
      return isOutageTold ? nil : .waitInterrupted(error)
    case .held:
      phase = .recovering(since: now)
      step = .connect(at: now.advanced(by: nextRetryStep()))
      return .interrupted(error)
    case .recovering:
      step = .connect(at: now.advanced(by: nextRetryStep()))
      return nil
    }
  }

  private mutating func nextRetryStep() -> Duration {
    defer { retryStep = min(retryStep * 2, timings.retryStepMax) }
    return retryStep
  }
}
