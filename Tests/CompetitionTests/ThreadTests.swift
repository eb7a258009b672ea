import Glibc
import Synchronization
import Testing

@testable import Competition

@Test func whoeverJoinsAThreadWaitsForItsEndAndMayAskAgain() async throws {
  let hasRun = Mutex(false)
  let gate = Monitor(false)
  let thread = try WorkThread {
    gate.wait { isOpen in isOpen ? .ready(()) : .wait(until: nil) }
    hasRun.withLock { $0 = true }
  }
  async let first: Void = thread.join()
  async let second: Void = thread.join()
  #expect(!hasRun.withLock { $0 }, "it waits at the gate")
  gate.change { $0 = true }
  _ = await (first, second)
  #expect(hasRun.withLock { $0 })
  await thread.join()
  joinBlocking(thread)
}

@Test func blockingJoinsReturnAfterTheThreadsLastStep() throws {
  for _ in 0..<50 {
    let steps = Monitor(0)
    let thread = try WorkThread { for _ in 0..<100 { steps.withLock { $0 += 1 } } }
    let other = try WorkThread { thread.join() }
    thread.join()
    #expect(steps.withLock { $0 } == 100)
    other.join()
  }
}

@Test func aChangeWakesTheThreadThatWaitsAndALockAloneDoesNot() throws {
  let monitor = Monitor((changes: 0, looks: 0))
  let deadline = MonotonicInstant.now().advanced(by: .seconds(10))
  let thread = try WorkThread {
    monitor.wait { state in
      state.looks += 1
      return state.changes == 3 || deadline <= .now() ? .ready(()) : .wait(until: deadline)
    }
  }
  for change in 1...3 {
    while monitor.withLock({ $0.looks }) < change, .now() < deadline { sched_yield() }
    monitor.change { $0.changes = change }
  }
  thread.join()
  #expect(monitor.withLock { $0.looks } == 4, "a look at first and one for each change")
  #expect(MonotonicInstant.now() < deadline)
}

@Test func aWaitLooksAgainAtTheInstantThatItAskedFor() {
  let monitor = Monitor(0)
  let end = MonotonicInstant.now().advanced(by: .milliseconds(20))
  let endedAt = monitor.wait { looks -> Monitor<Int>.Turn<MonotonicInstant> in
    looks += 1
    let now = MonotonicInstant.now()
    return now < end ? .wait(until: end) : .ready(now)
  }
  #expect(endedAt >= end)
  #expect(monitor.withLock { $0 } >= 2)
}

@Test func anErrorOfTheSystemSaysWhatToDo() {
  let error = ThreadError(errorNumber: 11)
  #expect(
    error.description
      == "the system gave no thread: Resource temporarily unavailable; raise the limit of"
      + " processes (ulimit -u) or memory")
}

private func joinBlocking(_ thread: WorkThread) { thread.join() }
