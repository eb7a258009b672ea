import Competition
import Resilience
import Testing

/// Runs rounds against a model that never answers, health SERVING, and tells what happened in
/// which.
private func silentModel(limit: Int, roundsMax: Int) -> (calls: [Int], reportedIn: Int?) {
  var breaker = Breaker(
    .compatible, BreakerSettings(failuresMax: limit, timeoutsMax: limit), seed: 1)
  var calls: [Int] = []
  for round in 1...roundsMax {
    let now = MonotonicInstant(nanoseconds: UInt64(round) * 60_000_000_000)
    var kind = TimeoutKind.deadline
    switch breaker.admit(method: "predict", at: now) {
    case .call, .probe: calls.append(round)
    case .skip: kind = .skipped
    }
    var action = breaker.ended(.timeout(kind), method: "predict", at: now)
    if action == .checkHealth { action = breaker.healthAnswered(.serving, at: now) }
    if case .report(let code, _) = action {
      #expect(code == .multipleTimeout)
      return (calls, round)
    }
    #expect(action == .none)
  }
  return (calls, nil)
}

@Test func compatibleBreakerGivesTheGoldenVectorAtLimit100() {
  let (calls, reportedIn) = silentModel(limit: 100, roundsMax: 200)
  #expect(calls == [1, 3, 6, 10, 16, 25, 39, 60, 91])
  #expect(reportedIn == 101)
}

@Test func compatibleBreakerGivesTheGoldenVectorAtLimit3() {
  let (calls, reportedIn) = silentModel(limit: 3, roundsMax: 10)
  #expect(calls == [1, 3])
  #expect(reportedIn == 4)
}

@Test func compatibleBreakerWithLimitZeroNeverReports() {
  #expect(silentModel(limit: 0, roundsMax: 500).reportedIn == nil)
}

private let start = MonotonicInstant(nanoseconds: 0)

@Test func compatibleBreakerReportsOneFailureAfterTheLimit() {
  var breaker = CompatibleBreaker(BreakerSettings(failuresMax: 3, timeoutsMax: 3))
  for _ in 1...3 { #expect(breaker.ended(.failure(.modelFailed)) == .none) }
  guard case .report(.multipleFailed, _) = breaker.ended(.failure(.undecodable)) else {
    Issue.record("the fourth failure in a row was not reported")
    return
  }
}

@Test func compatibleBreakerForgetsBothCountersAtASuccess() {
  var breaker = CompatibleBreaker(BreakerSettings(failuresMax: 2, timeoutsMax: 9))
  _ = breaker.ended(.failure(.modelFailed))
  _ = breaker.ended(.failure(.modelFailed))
  _ = breaker.ended(.timeout(.transport))
  #expect(breaker.failureCount == 2)
  #expect(breaker.timeoutCount == 1)
  #expect(breaker.ended(.success) == .none)
  #expect(breaker.failureCount == 0)
  #expect(breaker.timeoutCount == 0)
}

@Test func compatibleBreakerLeavesTheCooldownAtASuccess() {
  var breaker = CompatibleBreaker(BreakerSettings(failuresMax: 9, timeoutsMax: 100))
  #expect(breaker.admit() == .call)
  for _ in 1...5 {
    if breaker.ended(.timeout(.deadline)) == .checkHealth { _ = breaker.healthAnswered(.serving) }
  }
  #expect(breaker.admit() == .skip(detail: "PREEMPTIVE_SKIP: 5 consecutive timeouts"))
  #expect(breaker.ended(.success) == .none)
  #expect(breaker.admit() == .skip(detail: "PREEMPTIVE_SKIP: 0 consecutive timeouts"))
  #expect(breaker.admit() == .skip(detail: "PREEMPTIVE_SKIP: 0 consecutive timeouts"))
  #expect(breaker.admit() == .call)
}

@Test func compatibleBreakerDoesNotCountMisuseAndMalformedValues() {
  var breaker = CompatibleBreaker(BreakerSettings(failuresMax: 1, timeoutsMax: 1))
  for _ in 1...9 {
    #expect(breaker.ended(.failure(.coordinatorMisuse)) == .none)
    #expect(breaker.ended(.failure(.malformed)) == .none)
  }
  #expect(breaker.failureCount == 0)
}

@Test func compatibleBreakerTakesAnOversizedAnswerForATimeout() {
  var breaker = CompatibleBreaker(BreakerSettings())
  _ = breaker.ended(.failure(.oversized))
  #expect(breaker.timeoutCount == 1)
  #expect(BreakerPolicy.compatible.status(of: .failure(.oversized)) == .timeout)
  #expect(BreakerPolicy.fair.status(of: .failure(.oversized)) == .failed)
}

@Test func compatibleBreakerReportsABadImplementationAtOnce() {
  var breaker = CompatibleBreaker(BreakerSettings())
  guard case .report(.badImplementation, _) = breaker.ended(.failure(.badImplementation)) else {
    Issue.record("BAD_IMPLEMENTATION was not reported")
    return
  }
}

@Test(arguments: [HealthAnswer.notServing, .noAnswer])
func compatibleBreakerReconnectsAnUnhealthyModelAndStartsAnew(answer: HealthAnswer) {
  var breaker = CompatibleBreaker(BreakerSettings(failuresMax: 3, timeoutsMax: 5))
  #expect(breaker.admit() == .call)
  #expect(breaker.ended(.timeout(.deadline)) == .none)
  _ = breaker.admit()
  #expect(breaker.ended(.timeout(.skipped)) == .checkHealth)
  #expect(breaker.timeoutCount == 1)
  #expect(breaker.healthAnswered(answer) == .reconnect)
  #expect(breaker.timeoutCount == 0)
  #expect(breaker.admit() == .call)
}

@Test func compatibleBreakerCountsTimeoutsThatWaitedForALateHealthAnswer() {
  var breaker = CompatibleBreaker(BreakerSettings(failuresMax: 3, timeoutsMax: 3))
  #expect(breaker.ended(.timeout(.deadline)) == .none)
  #expect(breaker.ended(.timeout(.deadline)) == .checkHealth)
  #expect(breaker.ended(.timeout(.skipped)) == .none)
  #expect(breaker.ended(.timeout(.skipped)) == .none)
  #expect(breaker.timeoutCount == 1)
  guard case .report(.multipleTimeout, _) = breaker.healthAnswered(.serving) else {
    Issue.record("four confirmed timeouts at limit 3 were not reported")
    return
  }
}

@Test func compatibleBreakerIgnoresAHealthAnswerOvertakenByASuccess() {
  var breaker = CompatibleBreaker(BreakerSettings(failuresMax: 3, timeoutsMax: 3))
  _ = breaker.ended(.timeout(.deadline))
  #expect(breaker.ended(.timeout(.deadline)) == .checkHealth)
  _ = breaker.ended(.success)
  #expect(breaker.healthAnswered(.notServing) == .none)
}
