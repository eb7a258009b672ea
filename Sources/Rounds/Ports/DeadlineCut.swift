public import Competition
import Synchronization

/// Cancels calls that are open at an instant that is set later, for a `ModelPort` whose calls end
/// at the cancellation of their task.
public final class DeadlineCut: Sendable {
  private let instant = Mutex<MonotonicInstant?>(nil)
  private let isSet = StopRequest()

  /// Nothing is cut yet.
  public init() {}

  /// Cuts at `instant`; a second instant counts for calls that start after it, if it is earlier.
  public func shorten(to instant: MonotonicInstant) {
    self.instant.withLock { $0 = min($0 ?? instant, instant) }
    isSet.request()
  }

  /// Runs a call, and cancels it when the instant has come.
  public func run<Value: Sendable>(
    _ call: @escaping @Sendable () async -> Value
  ) async -> Value {
    let work = Task { await call() }
    let alarm = Task { [self] in
      await isSet.wait()
      guard !Task.isCancelled else { return }
      let left = instant.withLock(\.self)?.since(.now()) ?? .zero
      do {
        try await Task.sleep(for: max(.zero, left))
        work.cancel()
      } catch {
        // Cancelled: the call was quicker.
      }
    }
    defer { alarm.cancel() }
    return await withTaskCancellationHandler {
      await work.value
    } onCancel: {
      work.cancel()
    }
  }
}
