import Competition
import Resilience
import Testing

@Suite struct BreakerStateTests {
  private let start = MonotonicInstant(nanoseconds: 1_000_000_000)

  /// What each state promised came true with the next call.
  private func play(_ breaker: inout Breaker, _ ends: [CallEnd]) -> [BreakerState] {
    ends.map { end in
      let now = start
      if case .skip = breaker.admit(method: "predict", at: now) {
        _ = breaker.ended(.timeout(.skipped), method: "predict", at: now)
      } else {
        _ = breaker.ended(end, method: "predict", at: now)
      }
      return breaker.state(of: "predict", at: now)
    }
  }

  @Test func compatibleIsOpenWhileItSkipsAndHalfOpenBeforeTheCallThatItLetsThrough() {
    var breaker = Breaker(.compatible, BreakerSettings(), seed: 1)
    #expect(breaker.state(of: "predict", at: start) == .closed)
    // Real calls in rounds 1, 3, 6, 10: the state after a round tells what the next one does.
    let states = play(&breaker, Array(repeating: .timeout(.deadline), count: 10))
    #expect(
      states == [
        .open, .halfOpen, .open, .open, .halfOpen, .open, .open, .open, .halfOpen, .open,
      ])
  }

  @Test func compatibleFailuresHoldNothingBackAndASuccessCloses() {
    var breaker = Breaker(.compatible, BreakerSettings(), seed: 1)
    let failed = CallEnd.failure(.modelFailed)
    #expect(play(&breaker, [failed, failed]) == [.closed, .closed])
    #expect(
      play(&breaker, [.timeout(.deadline), .success, .success]) == [.open, .halfOpen, .closed])
  }

  @Test func fairOpensPerMethodAndWaitsForItsProbe() throws {
    var breaker = Breaker(.fair, BreakerSettings(), seed: 1)
    let states = play(&breaker, Array(repeating: .failure(.modelFailed), count: 3))
    #expect(states == [.closed, .closed, .open])
    #expect(breaker.state(of: "tick", at: start) == .closed)
    #expect(breaker.worstState(at: start) == .open)
    let later = start.advanced(by: .seconds(3_600))
    #expect(breaker.state(of: "predict", at: later) == .halfOpen)
    #expect(breaker.worstState(at: later) == .halfOpen)
    #expect(breaker.admit(method: "predict", at: later) == .probe)
    #expect(breaker.state(of: "predict", at: later) == .halfOpen)
    _ = breaker.ended(.success, method: "predict", at: later)
    #expect(breaker.worstState(at: later) == .closed)
  }
}
