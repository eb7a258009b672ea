public import Competition

/// The circuit breaker of one model under the policy chosen: events in, actions out, no clock.
///
/// For every call that is due: `admit`, make the call unless it is skipped, then `ended` with how
/// it went (after the round's `PanicRule`), also for a skipped one.
public struct Breaker: Hashable, Sendable {
  /// The rules in use; the other breaker stays as it was made.
  public let policy: BreakerPolicy
  private var compatible: CompatibleBreaker
  // Not payloads of an enum: to change one there is to copy its circuits, twice a call.
  private var fair: FairBreaker

  /// A breaker for a new deployment of a model; `seed` decides the jitter of `fair`.
  public init(_ policy: BreakerPolicy, _ settings: BreakerSettings, seed: UInt64) {
    self.policy = policy
    compatible = CompatibleBreaker(settings)
    fair = FairBreaker(settings, seed: seed)
  }

  /// What the next call of `method` will meet at `now`.
  public func state(of method: String, at now: MonotonicInstant) -> BreakerState {
    switch policy {
    case .compatible: compatible.state
    case .fair: fair.state(of: method, at: now)
    }
  }

  /// What the next calls of all methods will meet at `now`: the worst of them.
  public func worstState(at now: MonotonicInstant) -> BreakerState {
    switch policy {
    case .compatible: compatible.state
    case .fair: fair.worstState(at: now)
    }
  }

  /// Decides on a call of `method` that is due; to be asked once per model and call.
  public mutating func admit(method: String, at now: MonotonicInstant) -> Admission {
    switch policy {
    case .compatible: compatible.admit()
    case .fair: fair.admit(method: method, at: now)
    }
  }

  /// Takes in how a call of `method`, made or skipped, ended.
  public mutating func ended(
    _ end: CallEnd, method: String, at now: MonotonicInstant
  ) -> BreakerAction {
    switch policy {
    case .compatible: compatible.ended(end)
    case .fair: fair.ended(end, method: method, at: now)
    }
  }

  /// Takes in the answer of the health service to `.checkHealth` or `.open(…, checkHealth: true)`.
  public mutating func healthAnswered(
    _ answer: HealthAnswer, at now: MonotonicInstant
  ) -> BreakerAction {
    switch policy {
    case .compatible: compatible.healthAnswered(answer)
    case .fair: fair.healthAnswered(answer)
    }
  }

  /// Takes in that the same deployment has a new connection, for whatever reason.
  public mutating func reconnected(at now: MonotonicInstant) {
    switch policy {
    case .compatible: compatible.reconnected()
    case .fair: fair.reconnected(at: now)
    }
  }

  /// Takes in that the model has been connected and set up, for the first time or again. The Python
  /// client's rules don't care.
  public mutating func becameReady(at now: MonotonicInstant) {
    if policy == .fair { fair.becameReady(at: now) }
  }
}
