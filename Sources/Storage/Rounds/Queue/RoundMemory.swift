import Synchronization

/// The bytes that all rounds together hold in memory.
final class HeldBytes: Sendable {
  private let sum = Atomic(0)

  var value: Int { sum.load(ordering: .relaxed) }

  fileprivate func add(_ bytes: Int) { sum.wrappingAdd(bytes, ordering: .relaxed) }
}

/// The bytes that one round holds in memory, which are part of the sum of all rounds.
///
/// Counted where answers come in, on any thread; taken off where they are dropped. What is left is
/// given back by `release()`, or with the round.
final class RoundMemory: Sendable {
  /// What a round takes beside its answers, bytes: its entry in the queue and its segment's.
  private static let roundBytes = 4 << 10
  /// What one rostered model takes beside its answer, bytes: a row in its three forms, and its id.
  private static let modelBytes = 512

  private let own = Atomic(0)
  private let all: HeldBytes

  /// Counts a round with that many models.
  init(of all: HeldBytes, modelCount: Int) {
    self.all = all
    add(Self.roundBytes + Self.modelBytes * modelCount)
  }

  deinit { release() }

  func add(_ bytes: Int) {
    own.wrappingAdd(bytes, ordering: .relaxed)
    all.add(bytes)
  }

  func drop(_ bytes: Int) { add(-bytes) }

  /// Gives everything back that is still counted.
  func release() { all.add(-own.exchange(0, ordering: .relaxed)) }
}
