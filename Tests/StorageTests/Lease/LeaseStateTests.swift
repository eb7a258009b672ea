import Competition
import Testing

@testable import Storage

/// The life of a lease on a clock of the test's own.
@Suite struct LeaseStateTests {
  private let timings = LeaseTimings()
  private let start = MonotonicInstant(nanoseconds: 1_000_000_000_000)
  private let broken = StorageError(.connectionLost, "the server went away", doing: "test")

  private func at(_ time: Duration) -> MonotonicInstant { start.advanced(by: time) }

  private func holder(_ processID: Int, since second: Int64 = 1) -> LeaseHolder {
    LeaseHolder(
      shard: .whole, processID: processID, applicationName: "updraft lease", clientAddress: nil,
      since: UTCTime(microsecondsSinceEpoch: second * 1_000_000))
  }

  private func held() -> LeaseState {
    var state = LeaseState(timings, at: start)
    state.connected(at: start)
    _ = state.granted(to: holder(7), at: start)
    return state
  }

  @Test func aWaiterAsksEverySecondAndTellsWhoHoldsItOnceAMinute() {
    var state = LeaseState(timings, at: start)
    state.connected(at: start)
    var told: [Int] = []
    for second in 0...130 {
      #expect(state.step == .ask(at: at(.seconds(second))))
      if state.refused(for: holder(7), at: at(.seconds(second))) != nil { told.append(second) }
    }
    #expect(told == [0, 60, 120])
    #expect(state.refused(for: holder(8), at: at(.seconds(131))) == .waiting(holder(8)))
    #expect(state.granted(to: holder(9), at: at(.seconds(132))) == .acquired(hasWaited: true))
    #expect(state.step == .hold(until: at(.seconds(142))))
  }

  @Test func aLeaseThatIsFreedWhileTheHolderIsLookedUpIsAskedForAgainAtOnce() {
    var state = LeaseState(timings, at: start)
    state.connected(at: start)
    #expect(state.refused(for: nil, at: start) == nil)
    #expect(state.step == .ask(at: at(.milliseconds(100))))
  }

  @Test func withoutADatabaseAtTheStartThereIsNoWait() {
    var state = LeaseState(timings, at: start)
    #expect(state.broke(broken, at: start) == nil)
    #expect(state.step == .end)
  }

  @Test func aHolderThatLosesItsSessionAsksBeforeAWaiterThatLostItsOwn() {
    var holding = held()
    var waiting = LeaseState(timings, at: start)
    waiting.connected(at: start)
    _ = waiting.refused(for: holder(7), at: start)
    #expect(holding.broke(broken, at: start) == .interrupted(broken))
    #expect(waiting.broke(broken, at: start) == .waitInterrupted(broken))
    // The server is away for a minute: both knock, the holder never more seldom than this.
    var now = start
    while now < at(.seconds(60)) {
      guard case .connect(let next) = holding.step else { return #expect(Bool(false)) }
      #expect(next.since(now) <= timings.retryStepMax)
      now = next
      #expect(holding.broke(broken, at: now) == nil)
      #expect(waiting.broke(broken, at: now) == nil)
    }
    waiting.connected(at: now)
    guard case .ask(let asks) = waiting.step else { return #expect(Bool(false)) }
    #expect(asks.since(now) > timings.retryStepMax + timings.connectTimeout)
    #expect(holding.granted(to: holder(8), at: now) == .regained(after: now.since(start)))
    // The grace is over with the first answer.
    _ = waiting.refused(for: holder(8), at: asks)
    #expect(waiting.step == .ask(at: asks.advanced(by: timings.askEvery)))
  }

  @Test func aHolderEndsItsOwnFormerSessionThatTheServerStillBelievesIn() {
    var state = held()
    _ = state.broke(broken, at: start)
    state.connected(at: start)
    #expect(state.refused(for: holder(7), at: start) == nil)
    #expect(state.step == .endFormer(holder(7)))
    state.formerEnded(at: start)
    guard case .ask = state.step else { return #expect(Bool(false)) }
  }

  @Test func aHolderThatFindsSomebodyElseInItsPlaceEnds() {
    // The process id is the former one, the session is not.
    for taker in [holder(8), holder(7, since: 2)] {
      var state = held()
      _ = state.broke(broken, at: start)
      state.connected(at: start)
      #expect(state.refused(for: taker, at: start) == .lost(taker))
      #expect(state.step == .end)
    }
  }
}
