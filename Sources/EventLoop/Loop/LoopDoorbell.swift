internal import CLibUV
import Synchronization

/// Lets another thread call the loop: `ring()` from anywhere, `action` on the loop's thread, once
/// for any number of rings since the last time. Closed explicitly on the loop's thread.
///
/// C holds +1 from `init` until the close callback. `@unchecked Sendable`: the handle is rung under
/// the same lock that closing takes, everything else belongs to the loop's thread.
public final class LoopDoorbell: @unchecked Sendable {
  private let raw: UnsafeMutablePointer<uv_async_t>
  private let loop: Loop
  private var action: (() -> Void)?
  private let isClosed = Mutex(false)

  /// Creates a bell.
  ///
  /// - Throws: `EventLoopError` when the system has no descriptor left.
  public init(on loop: Loop, action: @escaping () -> Void) throws(EventLoopError) {
    self.loop = loop
    self.action = action
    raw = .allocate(capacity: 1)
    let result = uv_async_init(loop.raw, raw, doorbellDidRing)
    guard result == 0 else {
      raw.deallocate()
      isClosed.withLock { $0 = true }
      throw EventLoopError(code: result, during: "create a doorbell of the loop")
    }
    raw.pointee.data = Unmanaged.passRetained(self).toOpaque()
    loop.openHandleCount += 1
  }

  deinit { assert(isClosed.withLock { $0 }, "a LoopDoorbell was dropped without close()") }

  /// Calls the loop; nothing happens once the bell is closed.
  public func ring() { isClosed.withLock { if !$0 { uv_async_send(raw) } } }

  /// Ends the bell for good. Safe to call again.
  public func close() {
    let wasClosed = isClosed.withLock { closed in
      defer { closed = true }
      return closed
    }
    guard !wasClosed else { return }
    action = nil
    raw.withMemoryRebound(to: uv_handle_t.self, capacity: 1) { uv_close($0, doorbellDidClose) }
  }

  fileprivate func rang() { action?() }

  fileprivate func finishClose() {
    loop.openHandleCount -= 1
    raw.deallocate()
  }
}

private func doorbellDidRing(_ handle: UnsafeMutablePointer<uv_async_t>?) {
  guard let context = handle?.pointee.data else { return }
  Unmanaged<LoopDoorbell>.fromOpaque(context).takeUnretainedValue().rang()
}

private func doorbellDidClose(_ handle: UnsafeMutablePointer<uv_handle_t>?) {
  guard let context = handle?.pointee.data else { return }
  Unmanaged<LoopDoorbell>.fromOpaque(context).takeRetainedValue().finishClose()
}
