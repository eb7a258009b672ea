import Competition
import Testing

@testable import Identity

private let now = UTCTime(secondsSinceEpoch: 1_800_000_000)

private func isAccepted(_ verdict: DelegationVerdict) -> Bool {
  if case .accepted = verdict { true } else { false }
}

@Test func aSteadyRoundDoesNoSignatureWork() throws {
  let cruncher = try Cruncher()
  let verifier = DelegationVerifier()
  let presented = try cruncher.presented(cruncher.text)
  for second in 0..<100 {
    let verdict = verifier.verdict(
      on: presented, expecting: cruncher.expectation, at: now.advanced(by: .seconds(second)))
    #expect(isAccepted(verdict))
  }
  #expect(verifier.checkCount == 1)
}

@Test func whateverChangesIsCheckedAgain() throws {
  let cruncher = try Cruncher()
  let verifier = DelegationVerifier()
  let presented = try cruncher.presented(cruncher.text)
  func verdict(
    _ presented: PresentedDelegation, _ change: (inout DelegationExpectation) -> Void = { _ in }
  ) -> DelegationVerdict {
    var expected = cruncher.expectation
    change(&expected)
    return verifier.verdict(on: presented, expecting: expected, at: now)
  }
  #expect(isAccepted(verdict(presented)))
  #expect(!isAccepted(verdict(presented) { $0.peerKey = [9] }), "a new connection, another key")
  #expect(!isAccepted(verdict(presented) { $0.wallet = nil }))
  #expect(!isAccepted(verdict(presented) { $0.hotkey = "5New" }), "the owner changed the hotkey")
  #expect(isAccepted(verdict(presented)))
  var stripped = presented
  stripped.signature = nil
  #expect(!isAccepted(verdict(stripped)))
  var text = cruncher.text
  text.expiresAt = now.advanced(by: .seconds(3_600))
  #expect(isAccepted(verdict(try cruncher.presented(text))), "a renewed one")
  #expect(verifier.checkCount == 7)
  verifier.forget(cruncher.modelID)
  #expect(isAccepted(verdict(presented)))
  #expect(verifier.checkCount == 8)
}

@Test func theEndIsSeenDuringTheLifeAndWarnedAboutOnceBefore() throws {
  let cruncher = try Cruncher()
  let verifier = DelegationVerifier(warningTime: .seconds(100))
  var text = cruncher.text
  text.expiresAt = now.advanced(by: .seconds(1_000))
  let presented = try cruncher.presented(text)
  var warnings: [Int] = []
  for second in stride(from: 0, through: 999, by: 1) {
    let verdict = verifier.verdict(
      on: presented, expecting: cruncher.expectation, at: now.advanced(by: .seconds(second)))
    guard case .accepted(_, let warning) = verdict else {
      Issue.record("refused after \(second) s")
      return
    }
    if let warning {
      warnings.append(second)
      #expect(warning.hasPrefix("model 9647: the delegation ends at 2027-01-15T08:16:40Z"))
    }
  }
  #expect(warnings == [900])
  let end = verifier.verdict(
    on: presented, expecting: cruncher.expectation, at: now.advanced(by: .seconds(1_000)))
  guard case .refused(let error) = end else {
    Issue.record("accepted beyond its end")
    return
  }
  #expect(error.code == .expired)
  #expect(verifier.checkCount == 1, "the time needs no signature check")
}

@Test func aFullMemoryChecksTheRestEachTime() throws {
  let verifier = DelegationVerifier(modelsMax: 1)
  let first = try Cruncher()
  let presented = try first.presented(first.text)
  #expect(isAccepted(verifier.verdict(on: presented, expecting: first.expectation, at: now)))
  var expected = first.expectation
  expected.modelID = ModelID("other")
  var text = first.text
  text.modelID = "other"
  let other = try first.presented(text)
  for _ in 0..<3 { #expect(isAccepted(verifier.verdict(on: other, expecting: expected, at: now))) }
  #expect(isAccepted(verifier.verdict(on: presented, expecting: first.expectation, at: now)))
  #expect(verifier.checkCount == 4)
}
