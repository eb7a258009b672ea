public import Competition

/// The circuit breaker of one model under the policy chosen: events in, actions out, no clock.
///
/// For every call that is due: `admit`, make the call unless it is skipped, then `ended` with how
/// it went (after the round's `PanicRule`), also for a skipped one.
public enum Breaker: Hashable, Sendable {
  /// The Python client's rules.
  case compatible(CompatibleBreaker)
  /// Our rules.
  case fair(FairBreaker)

  /// A breaker for a new deployment of a model; `seed` decides the jitter of `fair`.
  public init(_ policy: BreakerPolicy, _ settings: BreakerSettings, seed: UInt64) {
    switch policy {
    case .compatible: self = .compatible(CompatibleBreaker(settings))
    case .fair: self = .fair(FairBreaker(settings, seed: seed))
    }
  }

  /// The rules in use.
  public var policy: BreakerPolicy {
    switch self {
    case .compatible: .compatible
    case .fair: .fair
    }
  }

  /// What the next call of `method` will meet at `now`.
  public func state(of method: String, at now: MonotonicInstant) -> BreakerState {
    switch self {
    case .compatible(let breaker): breaker.state
    case .fair(let breaker): breaker.state(of: method, at: now)
    }
  }

  /// What the next calls of all methods will meet at `now`: the worst of them.
  public func worstState(at now: MonotonicInstant) -> BreakerState {
    switch self {
    case .compatible(let breaker): breaker.state
    case .fair(let breaker): breaker.worstState(at: now)
    }
  }

  /// Decides on a call of `method` that is due; to be asked once per model and call.
  public mutating func admit(method: String, at now: MonotonicInstant) -> Admission {
    switch self {
    case .compatible(var breaker):
      defer { self = .compatible(breaker) }
      return breaker.admit()
    case .fair(var breaker):
      defer { self = .fair(breaker) }
      return breaker.admit(method: method, at: now)
    }
  }

  /// Takes in how a call of `method`, made or skipped, ended.
  public mutating func ended(
    _ end: CallEnd, method: String, at now: MonotonicInstant
  ) -> BreakerAction {
    switch self {
    case .compatible(var breaker):
      defer { self = .compatible(breaker) }
      return breaker.ended(end)
    case .fair(var breaker):
      defer { self = .fair(breaker) }
      return breaker.ended(end, method: method, at: now)
    }
  }

  /// Takes in the answer of the health service to `.checkHealth` or `.open(…, checkHealth: true)`.
  public mutating func healthAnswered(
    _ answer: HealthAnswer, at now: MonotonicInstant
  ) -> BreakerAction {
    switch self {
    case .compatible(var breaker):
      defer { self = .compatible(breaker) }
      return breaker.healthAnswered(answer)
    case .fair(let breaker):
      return breaker.healthAnswered(answer)
    }
  }

  /// Takes in that the same deployment has a new connection, for whatever reason.
  public mutating func reconnected(at now: MonotonicInstant) {
    switch self {
    case .compatible(var breaker):
      breaker.reconnected()
      self = .compatible(breaker)
    case .fair(var breaker):
      breaker.reconnected(at: now)
      self = .fair(breaker)
    }
  }

  /// Takes in that the model has been connected and set up, for the first time or again. The Python
  /// client's rules don't care.
  public mutating func becameReady(at now: MonotonicInstant) {
    guard case .fair(var breaker) = self else { return }
    breaker.becameReady(at: now)
    self = .fair(breaker)
  }
}
