import Resilience
import Testing

@Test func backoffGrowsToItsMaximumAndStartsAgainAfterAReset() {
  var random = SplitMix64(seed: 1)
  var backoff = Backoff(min: .seconds(2), max: .seconds(16), jitter: 0)
  let delays = (1...6).map { _ in backoff.next(using: &random) }
  #expect(delays == [2, 4, 8, 16, 16, 16].map { .seconds($0) })
  backoff.reset()
  #expect(backoff.next(using: &random) == .seconds(2))
}

@Test func backoffSpreadsDelaysWithinItsJitterOnly() {
  var random = SplitMix64(seed: 42)
  var delays: Set<Duration> = []
  for _ in 1...200 {
    var backoff = Backoff(min: .seconds(10), max: .seconds(60), jitter: 0.2)
    let delay = backoff.next(using: &random)
    #expect(delay >= .seconds(8) && delay <= .seconds(10))
    delays.insert(delay)
  }
  #expect(delays.count > 190)
}

@Test func backoffStaysFiniteAfterAMillionFailures() {
  var random = SplitMix64(seed: 1)
  var backoff = Backoff.orchestrator
  for _ in 1...1_000_000 where backoff.next(using: &random) > .seconds(10) {
    Issue.record("longer than the maximum")
    break
  }
}

@Test func splitMixGivesTheSequenceOfItsPublishedTestVector() {
  var random = SplitMix64(seed: 1_234_567)
  let expected: [UInt64] = [
    6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
  ]
  #expect(expected.map { _ in random.next() } == expected)
}

@Test func connectSequenceReportsAfterFiveAttemptsWithTheContractsDelays() {
  var random = SplitMix64(seed: 1)
  var sequence = ConnectSequence(.compatible)
  for delay in [2, 4, 8, 16] {
    let action = sequence.failed(.notReachable(detail: "refused"), using: &random)
    #expect(action == .retry(after: .seconds(delay)))
  }
  #expect(
    sequence.failed(.notReachable(detail: "refused"), using: &random)
      == .report(.connectionFailed, reason: "5 attempts to connect failed, last: refused"))
}

@Test func connectSequenceDoesNotReportTheCoordinatorsMistake() {
  var random = SplitMix64(seed: 1)
  var sequence = ConnectSequence(.fair)
  let action = sequence.failed(.setupInvalidArgument(detail: "no such class"), using: &random)
  guard case .giveUp(let reason) = action else {
    Issue.record("expected to give up, got \(action)")
    return
  }
  #expect(reason.contains("base_class"))
}

@Test func connectSequenceWaitsOutABusyModelUnderFairOnly() {
  var random = SplitMix64(seed: 1)
  var fair = ConnectSequence(.fair)
  var compatible = ConnectSequence(.compatible)
  var compatibleReports = 0
  for _ in 1...20 {
    guard case .retry = fair.failed(.setupBusy, using: &random) else {
      Issue.record("a busy model was reported")
      return
    }
    if case .report = compatible.failed(.setupBusy, using: &random) { compatibleReports += 1 }
  }
  #expect(fair.failureCount == 0)
  #expect(compatibleReports == 16)
}

@Test func connectSequenceReportsASetupAnswerByItsKind() {
  var random = SplitMix64(seed: 1)
  let expected: [(ConnectFailure, FailureCode)] = [
    (.setupUnanswered, .connectionFailed), (.notAuthentic(detail: "key"), .connectionFailed),
    (.setupBadImplementation(detail: "x"), .badImplementation),
    (.setupFailed(detail: "x"), .multipleFailed),
  ]
  for (failure, code) in expected {
    var sequence = ConnectSequence(.fair)
    guard case .report(code, _) = sequence.failed(failure, using: &random) else {
      Issue.record("\(failure) was not reported as \(code)")
      continue
    }
  }
}
