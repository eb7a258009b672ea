internal import CLibUV

/// Watches one signal of the process and runs an action on the loop's thread for each delivery.
///
/// C holds +1 from `init` until the close callback.
public final class SignalWatcher {
  private let raw: UnsafeMutablePointer<uv_signal_t>
  private let loop: Loop
  private var action: (() -> Void)?
  private var closed = false

  /// Starts watching `signal`, for example `SIGTERM`.
  ///
  /// - Throws: `EventLoopError` for a signal that cannot be watched (SIGKILL, SIGSTOP).
  public init(_ signal: Int32, on loop: Loop, action: @escaping () -> Void) throws(EventLoopError) {
    self.loop = loop
    self.action = action
    raw = .allocate(capacity: 1)
    uv_signal_init(loop.raw, raw)
    raw.pointee.data = Unmanaged.passRetained(self).toOpaque()
    loop.openHandleCount += 1
    let result = uv_signal_start(raw, signalDidArrive, signal)
    if result < 0 {
      close()
      throw EventLoopError(code: result, during: "watch signal \(signal)")
    }
  }

  deinit { assert(closed, "a SignalWatcher was dropped without close()") }

  /// Stops watching. Safe to call again.
  public func close() {
    guard !closed else { return }
    closed = true
    action = nil
    raw.withMemoryRebound(to: uv_handle_t.self, capacity: 1) { uv_close($0, signalDidClose) }
  }

  fileprivate func arrive() { action?() }

  fileprivate func finishClose() {
    loop.openHandleCount -= 1
    raw.deallocate()
  }
}

private func signalDidArrive(_ handle: UnsafeMutablePointer<uv_signal_t>?, _ signal: Int32) {
  guard let context = handle?.pointee.data else { return }
  Unmanaged<SignalWatcher>.fromOpaque(context).takeUnretainedValue().arrive()
}

private func signalDidClose(_ handle: UnsafeMutablePointer<uv_handle_t>?) {
  guard let context = handle?.pointee.data else { return }
  Unmanaged<SignalWatcher>.fromOpaque(context).takeRetainedValue().finishClose()
}
