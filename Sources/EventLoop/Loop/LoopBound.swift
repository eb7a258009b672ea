/// A value that lives on one loop's thread and is reached from elsewhere through the loop's
/// executor.
///
/// Work posted from one thread arrives in the order in which it was posted.
public final class LoopBound<Value>: @unchecked Sendable {
  /// The thread that the value lives on.
  public let thread: LoopThread
  // Only `body` closures see it, and they run on the loop's thread.
  private let value: Value

  /// Makes the value on the thread's loop.
  public init(on thread: LoopThread, _ make: @Sendable @escaping (Loop) throws -> Value)
    async throws
  {
    self.thread = thread
    let made = try await thread.run { loop in UncheckedBox(value: try make(loop)) }
    value = made.value
  }

  /// Runs `body` on the loop's thread and returns what it returns.
  public func run<Result: Sendable>(
    _ body: @Sendable @escaping (Value) -> Result
  ) async -> Result {
    await Task(executorPreference: thread.executor) { body(self.value) }.value
  }

  /// Runs `body` on the loop's thread, some time soon.
  public func post(_ body: @Sendable @escaping (Value) -> Void) {
    Task(executorPreference: thread.executor) { body(self.value) }
  }
}

/// Carries a value out of the closure that made it; nobody else has seen it yet.
private struct UncheckedBox<Value>: @unchecked Sendable {
  let value: Value
}
