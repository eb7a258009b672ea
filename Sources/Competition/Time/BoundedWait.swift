/// Waits for an operation that may hang, but not longer than until a deadline.
///
/// For ports that must answer in time although what stands behind them can't be interrupted.
public enum BoundedWait {
  /// The deadline came first.
  public struct DeadlineExceeded: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was waited for.
    public let operation: String

    /// `no answer in time: reading prediction_configs`.
    public var description: String { "no answer in time: \(operation)" }
  }

  /// Gives the operation's result, or throws `DeadlineExceeded` at the deadline.
  ///
  /// After the deadline, or when the caller is cancelled, the operation is cancelled, goes on by
  /// itself until it notices, and its result is dropped.
  public static func run<Value: Sendable>(
    _ name: String, by deadline: MonotonicInstant,
    _ operation: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    let left = deadline.since(.now())
    let (stream, continuation) = AsyncThrowingStream<Value, any Error>.makeStream()
    let work = Task {
      do {
        continuation.yield(try await operation())
        continuation.finish()
      } catch {
        continuation.finish(throwing: error)
      }
    }
    let timer = Task {
      do {
        try await Task.sleep(for: max(.zero, left))
        continuation.finish(throwing: DeadlineExceeded(operation: name))
      } catch {
        // Cancelled: the operation was quicker.
      }
    }
    defer {
      timer.cancel()
      work.cancel()
    }
    for try await value in stream { return value }
    throw CancellationError()
  }
}
