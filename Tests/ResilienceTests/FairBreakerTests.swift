import Competition
import Resilience
import Testing

private func instant(_ seconds: Int) -> MonotonicInstant {
  MonotonicInstant(nanoseconds: UInt64(seconds) * 1_000_000_000)
}

private func breaker(limit: Int = 100, seed: UInt64 = 7) -> FairBreaker {
  FairBreaker(BreakerSettings(failuresMax: limit, timeoutsMax: limit), seed: seed)
}

private func openUntil(_ state: CircuitState) -> MonotonicInstant? {
  if case .open(let until) = state { return until }
  return nil
}

@Test func fairBreakerOpensAfterThreeBadCallsAndSkipsUntilTheBackOffIsOver() throws {
  var breaker = breaker()
  #expect(breaker.ended(.failure(.modelFailed), method: "predict", at: instant(0)) == .none)
  #expect(breaker.ended(.timeout(.transport), method: "predict", at: instant(0)) == .none)
  let action = breaker.ended(.failure(.undecodable), method: "predict", at: instant(0))
  let until = try #require(openUntil(breaker.state(of: "predict")))
  #expect(action == .open(until: until, checkHealth: false))
  guard case .skip = breaker.admit(method: "predict", at: instant(0)) else {
    Issue.record("an open circuit let a call through")
    return
  }
  #expect(breaker.admit(method: "predict", at: until) == .probe)
}

@Test func fairBreakerLetsOneProbeThroughAtATime() throws {
  var breaker = breaker()
  for _ in 1...3 { _ = breaker.ended(.failure(.modelFailed), method: "predict", at: instant(0)) }
  #expect(breaker.admit(method: "predict", at: instant(60)) == .probe)
  #expect(
    breaker.admit(method: "predict", at: instant(60))
      == .skip(detail: "PREEMPTIVE_SKIP: a probe of predict is still running"))
  #expect(breaker.ended(.success, method: "predict", at: instant(61)) == .none)
  #expect(breaker.state(of: "predict") == .closed)
  #expect(breaker.badCallCount(of: "predict") == 0)
}

@Test func fairBreakerOpensLongerAfterABadProbeUpToItsLimit() throws {
  var breaker = breaker(limit: 0)
  for _ in 1...2 { _ = breaker.ended(.failure(.modelFailed), method: "predict", at: instant(0)) }
  var now = instant(0)
  var waits: [Double] = []
  for _ in 1...12 {
    _ = breaker.ended(.failure(.modelFailed), method: "predict", at: now)
    let until = try #require(openUntil(breaker.state(of: "predict")))
    waits.append(until.since(now).inSeconds)
    now = until
    #expect(breaker.admit(method: "predict", at: now) == .probe)
  }
  for (index, wait) in waits.enumerated() {
    let longest = min(600, 5 * Double(1 << index))
    #expect(wait <= longest)
    #expect(wait >= longest * 0.7)
  }
  #expect(Set(waits.suffix(5)).count == 5, "the longest waits are not spread")
}

@Test func fairBreakerKeepsAGoodTickFromHidingBadPredicts() {
  var breaker = breaker(limit: 3)
  var reportedAt: Int?
  for round in 1...4 {
    let now = instant(round * 3_600)
    #expect(breaker.admit(method: "tick", at: now) == .call)
    #expect(breaker.ended(.success, method: "tick", at: now) == .none)
    _ = breaker.admit(method: "predict", at: now)
    let action = breaker.ended(.failure(.modelFailed), method: "predict", at: now)
    if case .report(.multipleFailed, _) = action { reportedAt = round }
  }
  #expect(reportedAt == 4)
}

@Test func fairBreakerCountsOnlyRealCallsSoThatOneSlowCallIsNotReported() {
  var breaker = breaker(limit: 3)
  #expect(breaker.ended(.timeout(.deadline), method: "predict", at: instant(0)) == .none)
  for _ in 1...50 {
    let now = instant(1)
    #expect(breaker.ended(.timeout(.busyAfterAbandoned), method: "predict", at: now) == .none)
    #expect(breaker.ended(.timeout(.skipped), method: "predict", at: now) == .none)
    #expect(breaker.ended(.timeout(.ours), method: "predict", at: now) == .none)
    #expect(breaker.ended(.nobodysFault, method: "predict", at: now) == .none)
  }
  #expect(breaker.badCallCount(of: "predict") == 1)
}

@Test func fairBreakerReportsAModelThatIsAlwaysUnhealthyAcrossReconnects() {
  var breaker = breaker(limit: 3)
  var healthChecks = 0
  for round in 1...4 {
    let now = instant(round * 3_600)
    if case .skip = breaker.admit(method: "predict", at: now) {
      Issue.record("the call of round \(round) was skipped an hour after the last")
    }
    switch breaker.ended(.timeout(.deadline), method: "predict", at: now) {
    case .open(_, true):
      healthChecks += 1
      #expect(breaker.healthAnswered(.noAnswer) == .reconnect)
      breaker.reconnected(at: now)
    case .report(let code, let reason):
      #expect(code == .multipleTimeout)
      #expect(reason.contains("4 predict calls timed out"))
      #expect(round == 4)
      return
    case let other:
      #expect(other == .none)
    }
  }
  Issue.record("never reported; \(healthChecks) health checks")
}

@Test func fairBreakerRepeatsAProbeThatSaidNothing() {
  var breaker = breaker()
  for _ in 1...3 { _ = breaker.ended(.timeout(.status), method: "predict", at: instant(0)) }
  #expect(breaker.admit(method: "predict", at: instant(60)) == .probe)
  _ = breaker.ended(.timeout(.busyAfterAbandoned), method: "predict", at: instant(60))
  #expect(breaker.admit(method: "predict", at: instant(60)) == .probe)
  breaker.reconnected(at: instant(60))
  #expect(breaker.admit(method: "predict", at: instant(60)) == .probe)
}

@Test func fairBreakerGoesOnWhenReportsAreOff() {
  var breaker = breaker(limit: 1)
  var reports = 0
  for hour in 1...20 {
    let now = instant(hour * 3_600)
    if case .skip = breaker.admit(method: "predict", at: now) {
      Issue.record("stuck in hour \(hour)")
    }
    let end: CallEnd = hour < 10 ? .failure(.badImplementation) : .failure(.modelFailed)
    if case .report = breaker.ended(end, method: "predict", at: now) { reports += 1 }
  }
  #expect(reports == 20)
}

@Test func fairBreakerWithLimitZeroNeverReports() {
  var breaker = breaker(limit: 0)
  for hour in 1...300 {
    let now = instant(hour * 3_600)
    _ = breaker.admit(method: "predict", at: now)
    let failed = breaker.ended(.failure(.modelFailed), method: "predict", at: now)
    if case .report = failed { Issue.record("reported in hour \(hour)") }
    _ = breaker.admit(method: "tick", at: now)
    let late = breaker.ended(.timeout(.deadline), method: "tick", at: now)
    if case .report = late { Issue.record("reported in hour \(hour)") }
  }
}

@Test func breakerValuesOfBothPoliciesKeepTheirState() {
  for policy in BreakerPolicy.allCases {
    var breaker = Breaker(policy, BreakerSettings(failuresMax: 1, timeoutsMax: 1), seed: 3)
    #expect(breaker.policy == policy)
    #expect(breaker.admit(method: "predict", at: instant(0)) == .call)
    _ = breaker.ended(.failure(.modelFailed), method: "predict", at: instant(0))
    let action = breaker.ended(.failure(.modelFailed), method: "predict", at: instant(0))
    guard case .report(.multipleFailed, _) = action else {
      Issue.record("\(policy) forgot the first failure")
      continue
    }
  }
}

@Test func fairBreakerProbesAModelThatIsSetUpAgainAtOnceAndStillCounts() {
  var breaker = breaker()
  for _ in 1...3 { _ = breaker.ended(.timeout(.transport), method: "tick", at: instant(0)) }
  breaker.becameReady(at: instant(1))
  #expect(breaker.admit(method: "tick", at: instant(1)) == .probe)
  #expect(breaker.badCallCount(of: "tick") == 3)
  #expect(breaker.ended(.success, method: "tick", at: instant(1)) == .none)
  #expect(breaker.state(of: "tick") == .closed)
  #expect(breaker.admit(method: "predict", at: instant(1)) == .call, "a closed one stays closed")
}
