import Competition
import EventLoop
import Glibc
import Testing

/// Runs `body` on a fresh loop and checks that it left no handle open.
func withLoop(_ body: (LoopThread) async throws -> Void) async throws {
  let thread = try LoopThread(name: "test")
  do {
    try await body(thread)
  } catch {
    await thread.stop()
    throw error
  }
  #expect(await thread.stop() == 0, "handles were left open")
}

private actor Pinned {
  let executor: LoopExecutor
  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
  var count = 0

  init(_ executor: LoopExecutor) { self.executor = executor }

  func step() -> Bool {
    count += 1
    return executor.isCurrent
  }
}

@Test func anActorPinnedToALoopRunsOnItsThread() async throws {
  try await withLoop { thread in
    let actor = Pinned(thread.executor)
    #expect(!thread.executor.isCurrent)
    for _ in 0..<100 { #expect(await actor.step()) }
    #expect(await actor.count == 100)
  }
}

@Test func jobsFromManyTasksAllRunOnce() async throws {
  try await withLoop { thread in
    let actor = Pinned(thread.executor)
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<50 {
        group.addTask { for _ in 0..<100 { _ = await actor.step() } }
      }
    }
    #expect(await actor.count == 5_000)
  }
}

@Test func deferredWorkRunsOnceAtTheEndOfTheTurn() async throws {
  final class Flusher: TurnEndTask {
    var runs = 0
    func turnDidEnd() { runs += 1 }
  }
  try await withLoop { thread in
    let runsDuringTurn = await thread.run { loop -> Int in
      let flusher = Flusher()
      loop.atTurnEnd(flusher)
      return flusher.runs
    }
    #expect(runsDuringTurn == 0)
    let runs = await withCheckedContinuation { done in
      Task(executorPreference: thread.executor) {
        let loop = thread.loop
        let flusher = Flusher()
        loop.atTurnEnd(flusher)
        let timer = Shelf<LoopTimer>()
        timer.item = LoopTimer(on: loop) {
          timer.item?.close()
          done.resume(returning: flusher.runs)
        }
        timer.item?.arm(after: .milliseconds(1))
      }
    }
    #expect(runs == 1)
  }
}

@Test func aTimerNeverFiresEarlyAndIsDisarmedForGood() async throws {
  try await withLoop { thread in
    let elapsed = await withCheckedContinuation { done in
      Task(executorPreference: thread.executor) {
        let loop = thread.loop
        let start = MonotonicInstant.now()
        let disarmed = LoopTimer(on: loop) { Issue.record("a disarmed timer fired") }
        disarmed.arm(after: .milliseconds(1))
        disarmed.disarm()
        let timer = Shelf<LoopTimer>()
        timer.item = LoopTimer(on: loop) {
          timer.item?.close()
          disarmed.close()
          done.resume(returning: MonotonicInstant.now().since(start))
        }
        timer.item?.arm(after: .milliseconds(20))
      }
    }
    #expect(elapsed >= .milliseconds(20))
  }
}

@Test func noTimerFiresEarlyAtAnyFractionOfAMillisecond() async throws {
  try await withLoop { thread in
    let earlyCount = await withCheckedContinuation { done in
      Task(executorPreference: thread.executor) {
        let timer = Shelf<LoopTimer>()
        var due = MonotonicInstant.now()
        var fired = 0
        var early = 0
        // Wakes the loop all the time, at fractions of its own.
        let ticker = LoopTimer(on: thread.loop) {}
        ticker.repeatEvery(.milliseconds(1))
        timer.item = LoopTimer(on: thread.loop) {
          if MonotonicInstant.now() < due { early += 1 }
          fired += 1
          guard fired < 100 else {
            timer.item?.close()
            ticker.close()
            return done.resume(returning: early)
          }
          // Late in a millisecond, where rounding errs most.
          while MonotonicInstant.now().nanoseconds % 1_000_000 < 850_000 {}
          due = MonotonicInstant.now().advanced(by: .microseconds(1_000 + fired * 13))
          timer.item?.arm(at: due)
        }
        timer.item?.arm(at: due)
      }
    }
    #expect(earlyCount == 0)
  }
}

@Test func handlesThatAreLeftOpenAreCountedWhenTheLoopStops() async throws {
  let thread = try LoopThread(name: "leaky")
  await thread.run { loop in
    let timer = LoopTimer(on: loop) {}
    _ = Unmanaged.passRetained(timer)
  }
  #expect(await thread.stop() == 1)
}

@Test func signalsArriveOnTheLoop() async throws {
  try await withLoop { thread in
    await withCheckedContinuation { done in
      Task(executorPreference: thread.executor) {
        let watcher = Shelf<SignalWatcher>()
        watcher.item = try? SignalWatcher(SIGUSR1, on: thread.loop) {
          watcher.item?.close()
          done.resume()
        }
        #expect(watcher.item != nil)
        kill(getpid(), SIGUSR1)
      }
    }
  }
}

/// Holds what a callback must reach before it exists.
final class Shelf<Item> { var item: Item? }
