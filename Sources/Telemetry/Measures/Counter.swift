import Synchronization

/// A number that only grows, counted from any thread without a lock.
///
/// It wraps after 2⁶⁴ counts.
public final class Counter: Sendable {
  private let count: Atomic<UInt64>

  /// Starts at zero.
  public init() { count = Atomic(0) }

  /// Adds `amount`.
  public func add(_ amount: UInt64 = 1) { count.wrappingAdd(amount, ordering: .relaxed) }

  /// The count so far.
  public var value: UInt64 { count.load(ordering: .relaxed) }
}
