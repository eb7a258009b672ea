import Competition
import Resilience
import Testing

private func ids(_ numbers: ClosedRange<Int>) -> [ModelID] { numbers.map { ModelID("m\($0)") } }

@Test func setupWatchExcusesTheWholeFieldWhenItLacksTheBaseClass() throws {
  var watch = SetupWatch(PanicRule())
  for id in ids(1...20) { watch.failed(id, .badImplementation, detail: "no class a.B") }
  #expect(watch.isHolding)
  let judgement = watch.judge()
  #expect(judgement.excused.count == 20 && judgement.blamed.isEmpty)
  let text = try #require(judgement.news[.badImplementation])
  #expect(text == "BAD_IMPLEMENTATION at 20 of 20 models (m1: no class a.B)")
  #expect(!watch.isHolding)
}

@Test func setupWatchBlamesASingleModelAmongMany() {
  var watch = SetupWatch(PanicRule())
  for id in ids(1...19) { watch.succeeded(id) }
  watch.failed(ModelID("odd"), .badImplementation, detail: "")
  let judgement = watch.judge()
  #expect(judgement.blamed == [ModelID("odd")])
  #expect(judgement.excused.isEmpty && judgement.news.isEmpty)
}

@Test func setupWatchCountsExactlyTheShareAsTheModelsFault() {
  var watch = SetupWatch(PanicRule(share: 0.3, modelsMin: 5))
  for id in ids(1...7) { watch.succeeded(id) }
  for id in ids(8...10) { watch.failed(id, .failed, detail: "") }
  #expect(watch.judge().blamed.count == 3)
  // Those blamed are gone; three of ten and then four of eleven are two different things.
  for id in ids(8...11) { watch.failed(id, .failed, detail: "") }
  #expect(watch.judge().excused.count == 4)
}

@Test func setupWatchIsSilentBelowFiveModelsTried() {
  var watch = SetupWatch(PanicRule())
  for id in ids(1...4) { watch.failed(id, .invalidArgument, detail: "") }
  #expect(watch.judge().blamed.count == 4)
}

@Test func setupWatchTellsKindsOfFaultsApart() {
  var watch = SetupWatch(PanicRule())
  for id in ids(1...10) { watch.succeeded(id) }
  for id in ids(11...18) { watch.failed(id, .notReachable, detail: "refused") }
  watch.failed(ModelID("odd"), .badImplementation, detail: "")
  let judgement = watch.judge()
  #expect(judgement.excused.count == 8)
  #expect(judgement.blamed == [ModelID("odd")])
}

@Test func setupWatchSaysAPanicOnceAndAgainOnlyAfterItHasEnded() {
  var watch = SetupWatch(PanicRule())
  for id in ids(1...6) { watch.failed(id, .badImplementation, detail: "") }
  #expect(watch.judge().news.count == 1)
  for id in ids(1...6) { watch.failed(id, .badImplementation, detail: "") }
  #expect(watch.judge().news.isEmpty, "the same panic goes on")
  for id in ids(1...6) { watch.succeeded(id) }
  let quiet = watch.judge()
  #expect(quiet.blamed.isEmpty && quiet.excused.isEmpty && quiet.news.isEmpty)
  for id in ids(1...6) { watch.failed(id, .badImplementation, detail: "") }
  #expect(watch.judge().news.count == 1, "a new one")
}

@Test func setupWatchForgetsModelsThatLeft() {
  var watch = SetupWatch(PanicRule())
  for id in ids(1...6) { watch.failed(id, .badImplementation, detail: "") }
  for id in ids(1...5) { watch.forget(id) }
  #expect(watch.judge().blamed == [ModelID("m6")])
}

@Test func aLackOfDescriptorsIsRetriedWithoutAnEndAndNobodysFault() {
  var random = SplitMix64(seed: 1)
  for policy in BreakerPolicy.allCases {
    var sequence = ConnectSequence(policy)
    for _ in 1...20 {
      guard case .retry = sequence.failed(.outOfDescriptors, using: &random) else {
        Issue.record("\(policy): a lack of descriptors of ours ended the attempts")
        return
      }
    }
    #expect(sequence.failureCount == 0)
  }
  #expect(SetupFault(.outOfDescriptors) == nil)
}

@Test func refusedAnswersAreReportedPastTheLimitAndClearedByAnAcceptedOne() {
  var answers = RefusedAnswers(BreakerSettings(failuresMax: 3, timeoutsMax: 3))
  for _ in 1...3 { #expect(answers.refused() == .none) }
  answers.accepted()
  for _ in 1...3 { #expect(answers.refused() == .none) }
  guard case .report(.multipleFailed, _) = answers.refused() else {
    Issue.record("the fourth refused answer in a row was not reported")
    return
  }
  var unlimited = RefusedAnswers(BreakerSettings(failuresMax: 0, timeoutsMax: 0))
  for _ in 1...50 { #expect(unlimited.refused() == .none) }
}
