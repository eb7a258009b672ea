public import Competition

/// The two clocks and waiting, so that a simulation can stand in for them.
public protocol ClockPort: Sendable {
  /// The monotonic clock.
  func now() -> MonotonicInstant

  /// The wall clock; it may step.
  func wallNow() -> UTCTime

  /// Waits until `instant`, or until `stop` is requested, whichever comes first.
  func wait(until instant: MonotonicInstant, orUntil stop: StopRequest) async
}

/// The machine's clocks.
public struct SystemClock: ClockPort {
  /// The machine's clocks.
  public init() {}

  /// Reads the monotonic clock.
  public func now() -> MonotonicInstant { .now() }

  /// Reads the wall clock.
  public func wallNow() -> UTCTime { .now() }

  /// Waits without holding a thread.
  public func wait(until instant: MonotonicInstant, orUntil stop: StopRequest) async {
    let left = instant.since(.now())
    guard left > .zero, !stop.isRequested else { return }
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        // Cancellation is the other branch's wake-up, and no fault.
        try? await Task.sleep(for: left)
      }
      group.addTask { await stop.wait() }
      await group.next()
      group.cancelAll()
    }
  }
}
