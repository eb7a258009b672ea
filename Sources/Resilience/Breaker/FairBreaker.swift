public import Competition

/// Our circuit breaker for one deployment of one model: keep it across reconnects, and take a new
/// one for a new deployment.
///
/// Each method has its own circuit, so that a good tick doesn't hide bad predicts and bad predicts
/// don't stop the ticks. Only a call that was sent and went wrong through the model's fault counts.
public struct FairBreaker: Hashable, Sendable {
  private struct MethodCircuit: Hashable {
    let method: String
    var circuit: Circuit
  }

  private let settings: BreakerSettings
  /// One for each method that was called: they are few, and lie in a row.
  private var circuits: [MethodCircuit] = []
  private var random: SplitMix64

  /// A breaker for a new deployment; `seed` decides its jitter.
  public init(_ settings: BreakerSettings, seed: UInt64) {
    self.settings = settings
    random = SplitMix64(seed: seed)
  }

  /// The state of a method's circuit; closed when it was never called.
  public func state(of method: String) -> CircuitState { circuit(of: method)?.state ?? .closed }

  /// What the next call of a method will meet at `now`.
  public func state(of method: String, at now: MonotonicInstant) -> BreakerState {
    BreakerState(state(of: method), at: now)
  }

  /// What the next calls of all methods will meet at `now`: the worst of them.
  public func worstState(at now: MonotonicInstant) -> BreakerState {
    let states = circuits.lazy.map { BreakerState($0.circuit.state, at: now) }
    if states.contains(.open) { return .open }
    return states.contains(.halfOpen) ? .halfOpen : .closed
  }

  /// Bad calls of the method since its last success.
  public func badCallCount(of method: String) -> Int { circuit(of: method)?.badCallCount ?? 0 }

  /// Decides on a call of `method` that is due; to be asked once for each call.
  public mutating func admit(method: String, at now: MonotonicInstant) -> Admission {
    circuits[place(of: method)].circuit.admit(method: method, at: now)
  }

  /// Takes in how a call, made or skipped, ended.
  public mutating func ended(
    _ end: CallEnd, method: String, at now: MonotonicInstant
  ) -> BreakerAction {
    let place = place(of: method)
    switch end {
    case .success:
      circuits[place].circuit.succeeded()
      return .none
    case .failure(let kind):
      circuits[place].circuit.countFailure()
      let opened = open(place, checkHealth: false, at: now)
      return report(circuits[place].circuit, method, kind) ?? opened
    case .timeout(.deadline), .timeout(.transport), .timeout(.status), .timeout(.busy):
      circuits[place].circuit.countTimeout()
      let opened = open(place, checkHealth: end == .timeout(.deadline), at: now)
      return report(circuits[place].circuit, method, nil) ?? opened
    case .timeout(.skipped):
      return .none
    case .timeout(.busyAfterAbandoned), .timeout(.ours), .nobodysFault:
      circuits[place].circuit.endedWithoutVerdict(at: now)
      return .none
    }
  }

  private func circuit(of method: String) -> Circuit? {
    circuits.first { $0.method == method }?.circuit
  }

  /// Where a method's circuit is; it is made when the method has none.
  private mutating func place(of method: String) -> Int {
    if let place = circuits.firstIndex(where: { $0.method == method }) { return place }
    circuits.append(MethodCircuit(method: method, circuit: Circuit(settings)))
    return circuits.count - 1
  }

  private mutating func open(
    _ place: Int, checkHealth: Bool, at now: MonotonicInstant
  ) -> BreakerAction {
    guard
      let until = circuits[place].circuit.openIfDue(
        after: settings.openAfter, at: now, using: &random)
    else { return .none }
    return .open(until: until, checkHealth: checkHealth)
  }

  /// The circuit has moved already, so that a model that is not removed (reports may be off) goes
  /// on.
  private func report(
    _ circuit: Circuit, _ method: String, _ failure: FailureKind?
  ) -> BreakerAction? {
    if failure == .badImplementation {
      return .report(
        .badImplementation, reason: "the model answered BAD_IMPLEMENTATION to \(method)")
    }
    if settings.failuresMax > 0, circuit.failureCount > settings.failuresMax {
      return .report(
        .multipleFailed,
        reason: "\(circuit.failureCount) \(method) calls failed without a success between them, "
          + "\(settings.failuresMax) are allowed")
    }
    if settings.timeoutsMax > 0, circuit.timeoutCount > settings.timeoutsMax {
      return .report(
        .multipleTimeout,
        reason: "\(circuit.timeoutCount) \(method) calls timed out without a success between them, "
          + "\(settings.timeoutsMax) are allowed")
    }
    return nil
  }

  /// Takes in the answer to a health check: what doesn't serve is reconnected, and stays counted.
  public func healthAnswered(_ answer: HealthAnswer) -> BreakerAction {
    answer == .serving ? .none : .reconnect
  }

  /// The model is connected and set up again: what was closed to it may be tried at once, with one
  /// probe for each method; counters and back-offs stay, for a model that breaks each time.
  public mutating func becameReady(at now: MonotonicInstant) {
    for place in circuits.indices { circuits[place].circuit.mayProbe(at: now) }
  }

  /// A new connection: a probe that got lost with the old one may be made again; counters stay.
  public mutating func reconnected(at now: MonotonicInstant) {
    for place in circuits.indices { circuits[place].circuit.endedWithoutVerdict(at: now) }
  }
}

extension BreakerState {
  /// An open circuit whose time has passed waits for a probe, which is the next call.
  fileprivate init(_ state: CircuitState, at now: MonotonicInstant) {
    switch state {
    case .closed: self = .closed
    case .open(let until): self = until <= now ? .halfOpen : .open
    case .halfOpen: self = .halfOpen
    }
  }
}
