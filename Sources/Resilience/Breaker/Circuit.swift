public import Competition

/// The `fair` breaker's state for one method of one model.
public enum CircuitState: Hashable, Sendable {
  /// Calls are made. May become open.
  case closed
  /// Calls are skipped until the instant. Becomes half-open with the first call due after it.
  case open(until: MonotonicInstant)
  /// One probe is on its way; other calls are skipped. Becomes closed, or open again.
  case halfOpen
}

/// Counters and state of one method; every bad end counted here was a real call.
struct Circuit: Hashable, Sendable {
  private(set) var state = CircuitState.closed
  private(set) var failureCount = 0
  private(set) var timeoutCount = 0
  private var backoff: Backoff

  init(_ settings: BreakerSettings) { backoff = settings.openFor }

  /// Bad calls since the last success.
  var badCallCount: Int { failureCount + timeoutCount }

  mutating func admit(method: String, at now: MonotonicInstant) -> Admission {
    switch state {
    case .closed:
      return .call
    case .open(let until) where until <= now:
      state = .halfOpen
      return .probe
    case .open(let until):
      let left = max(1, Int(until.since(now).inSeconds.rounded(.up)))
      return .skip(
        detail: "PREEMPTIVE_SKIP: \(badCallCount) bad \(method) calls in a row, "
          + "next try in \(left)s")
    case .halfOpen:
      return .skip(detail: "PREEMPTIVE_SKIP: a probe of \(method) is still running")
    }
  }

  mutating func succeeded() {
    state = .closed
    failureCount = 0
    timeoutCount = 0
    backoff.reset()
  }

  /// A probe that says nothing about the model is repeated with the next call.
  mutating func endedWithoutVerdict(at now: MonotonicInstant) {
    if state == .halfOpen { state = .open(until: now) }
  }

  /// Ends the wait of an open circuit: the next call is its probe.
  mutating func mayProbe(at now: MonotonicInstant) {
    if case .open(let until) = state, until > now { state = .open(until: now) }
    endedWithoutVerdict(at: now)
  }

  mutating func countFailure() { failureCount += 1 }

  mutating func countTimeout() { timeoutCount += 1 }

  /// Opens after enough bad calls, or again after a bad probe; nil when the circuit stays closed.
  mutating func openIfDue(
    after badCallsMin: Int, at now: MonotonicInstant, using random: inout SplitMix64
  ) -> MonotonicInstant? {
    guard state == .halfOpen || badCallCount >= max(1, badCallsMin) else { return nil }
    let until = now.advanced(by: backoff.next(using: &random))
    state = .open(until: until)
    return until
  }
}
