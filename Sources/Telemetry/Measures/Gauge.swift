import Synchronization

/// A number that goes up and down, set from any thread without a lock: models connected, bytes
/// waiting.
public final class Gauge: Sendable {
  private let level: Atomic<Int64>

  /// Starts at `value`.
  public init(_ value: Int64 = 0) { level = Atomic(value) }

  /// Replaces the value.
  public func set(_ value: Int64) { level.store(value, ordering: .relaxed) }

  /// Adds `amount`, which may be negative.
  public func add(_ amount: Int64) { level.wrappingAdd(amount, ordering: .relaxed) }

  /// The value now.
  public var value: Int64 { level.load(ordering: .relaxed) }
}
