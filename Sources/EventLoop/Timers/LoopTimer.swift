internal import CLibUV
public import Competition

/// A timer of a loop: armed for an instant, re-armed at will, closed explicitly.
///
/// C holds +1 from `init` until the close callback.
public final class LoopTimer {
  private let raw: UnsafeMutablePointer<uv_timer_t>
  private let loop: Loop
  private var action: (() -> Void)?
  private var closed = false

  /// Creates a timer that is not armed; `action` runs on the loop's thread each time it fires.
  public init(on loop: Loop, action: @escaping () -> Void) {
    self.loop = loop
    self.action = action
    raw = .allocate(capacity: 1)
    uv_timer_init(loop.raw, raw)
    raw.pointee.data = Unmanaged.passRetained(self).toOpaque()
    loop.openHandleCount += 1
  }

  deinit { assert(closed, "a LoopTimer was dropped without close()") }

  /// Fires once at `deadline`, at the loop's millisecond resolution, never early. Replaces an
  /// earlier arming.
  public func arm(at deadline: MonotonicInstant) {
    guard !closed else { return }
    uv_update_time(loop.raw)
    // The loop counts whole milliseconds of the same clock: the deadline is rounded up on that
    // clock, not the time that is left, which would begin at a fraction of one.
    let due = deadline.nanoseconds / 1_000_000 + (deadline.nanoseconds % 1_000_000 == 0 ? 0 : 1)
    let now = uv_now(loop.raw)
    uv_timer_start(raw, timerDidFire, due > now ? due - now : 0, 0)
  }

  /// Fires once after `delay`.
  public func arm(after delay: Duration) { arm(at: MonotonicInstant.now().advanced(by: delay)) }

  /// Fires every `interval`, the first time after one interval.
  public func repeatEvery(_ interval: Duration) {
    guard !closed else { return }
    let millis = UInt64(max(1, interval.milliseconds))
    uv_update_time(loop.raw)
    uv_timer_start(raw, timerDidFire, millis, millis)
  }

  /// Disarms; it can be armed again.
  public func disarm() { if !closed { uv_timer_stop(raw) } }

  /// Ends the timer for good. Safe to call again.
  public func close() {
    guard !closed else { return }
    closed = true
    action = nil
    raw.withMemoryRebound(to: uv_handle_t.self, capacity: 1) { uv_close($0, timerDidClose) }
  }

  fileprivate func fire() { action?() }

  fileprivate func finishClose() {
    loop.openHandleCount -= 1
    raw.deallocate()
  }
}

private func timerDidFire(_ handle: UnsafeMutablePointer<uv_timer_t>?) {
  guard let context = handle?.pointee.data else { return }
  Unmanaged<LoopTimer>.fromOpaque(context).takeUnretainedValue().fire()
}

private func timerDidClose(_ handle: UnsafeMutablePointer<uv_handle_t>?) {
  guard let context = handle?.pointee.data else { return }
  Unmanaged<LoopTimer>.fromOpaque(context).takeRetainedValue().finishClose()
}
