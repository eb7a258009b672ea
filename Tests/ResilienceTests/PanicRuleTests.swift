import Resilience
import Testing

private func ends(
  _ bad: CallEnd, _ badCount: Int, good goodCount: Int, skipped: Int = 0
) -> [CallEnd] {
  Array(repeating: bad, count: badCount) + Array(repeating: .success, count: goodCount)
    + Array(repeating: .timeout(.skipped), count: skipped)
}

@Test func panicRuleExcusesEveryBadEndWhenMoreThanTheShareLoseTheirConnection() {
  let verdict = PanicRule().verdict(on: ends(.timeout(.transport), 4, good: 9))
  #expect(verdict.isPanic)
  #expect(verdict.judged(.timeout(.transport)) == .nobodysFault)
  #expect(verdict.judged(.failure(.modelFailed)) == .nobodysFault)
  #expect(verdict.judged(.success) == .success)
  #expect(verdict.judged(.timeout(.skipped)) == .timeout(.skipped))
  #expect(verdict.text?.contains("transport at 4 of 13 models") == true)
}

@Test func panicRuleCountsExactlyTheShareAsTheModelsFault() {
  let verdict = PanicRule().verdict(on: ends(.timeout(.transport), 3, good: 7))
  #expect(!verdict.isPanic)
  #expect(verdict.judged(.timeout(.transport)) == .timeout(.transport))
  #expect(verdict.text == nil)
}

@Test func panicRuleIsSilentBelowFiveModels() {
  #expect(!PanicRule().verdict(on: ends(.timeout(.transport), 4, good: 0)).isPanic)
  #expect(PanicRule().verdict(on: ends(.timeout(.transport), 5, good: 0)).isPanic)
}

@Test func panicRuleDoesNotTakeSkippedModelsForCalledOnes() {
  let verdict = PanicRule().verdict(on: ends(.timeout(.transport), 3, good: 4, skipped: 90))
  #expect(verdict.isPanic)
  #expect(verdict.calledCount == 7)
}

@Test func panicRuleExcusesAMistypedBaseClassButNoOtherFailure() {
  let verdict = PanicRule().verdict(on: ends(.failure(.badImplementation), 20, good: 0))
  #expect(verdict.judged(.failure(.badImplementation)) == .nobodysFault)
  #expect(verdict.judged(.failure(.modelFailed)) == .failure(.modelFailed))
  #expect(verdict.judged(.timeout(.transport)) == .timeout(.transport))
}

@Test func panicRuleLeavesSlowModelsToTheirOwnAccount() {
  #expect(!PanicRule().verdict(on: ends(.timeout(.deadline), 50, good: 50)).isPanic)
}

@Test func coordinatorMisuseOfFewModelsIsTheirsAndOfManyOurs() {
  let few = PanicRule().verdict(on: ends(.failure(.coordinatorMisuse), 1, good: 9))
  #expect(few.judged(.failure(.coordinatorMisuse)) == .failure(.coordinatorMisuse))
  let many = PanicRule().verdict(on: ends(.failure(.coordinatorMisuse), 9, good: 1))
  #expect(many.judged(.failure(.coordinatorMisuse)) == .nobodysFault)
}
