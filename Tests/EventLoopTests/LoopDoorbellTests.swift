import Competition
import EventLoop
import Synchronization
import Testing

@Test func aDoorbellCallsTheLoopFromAnotherThreadUntilItIsClosed() async throws {
  try await withLoop { thread in
    let isOnLoop = Mutex<Bool?>(nil)
    let executor = thread.executor
    let bell = try await thread.run { loop in
      try LoopDoorbell(on: loop) { isOnLoop.withLock { $0 = executor.isCurrent } }
    }
    let ringing = try WorkThread { for _ in 0..<1_000 { bell.ring() } }
    let deadline = MonotonicInstant.now().advanced(by: .seconds(20))
    while isOnLoop.withLock({ $0 }) == nil, MonotonicInstant.now() < deadline {
      await Task.yield()
    }
    #expect(isOnLoop.withLock { $0 } == true)
    await thread.run { _ in
      bell.close()
      bell.close()
      isOnLoop.withLock { $0 = nil }
    }
    await ringing.join()
    bell.ring()
    await thread.run { _ in }
    #expect(isOnLoop.withLock { $0 } == nil, "a closed bell calls nobody")
  }
}
