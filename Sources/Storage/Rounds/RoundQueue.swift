import Competition
import DequeModule

/// The rounds that wait for storage: first in, first out, bounded in rounds and in bytes.
///
/// At a bound the oldest rounds are kept and the newest is refused. A single round is always taken
/// when the queue is empty, however large.
struct RoundQueue {
  private let roundsMax: Int
  private let bytesMax: Int
  private var rounds: Deque<(round: RoundRecord, bytes: Int, at: MonotonicInstant)> = []
  /// The bytes of answers in the queue.
  private(set) var bytes = 0

  init(roundsMax: Int, bytesMax: Int) {
    self.roundsMax = roundsMax
    self.bytesMax = bytesMax
  }

  var count: Int { rounds.count }

  /// Takes `round`, or refuses it at a bound.
  mutating func offer(_ round: RoundRecord, at now: MonotonicInstant) -> Bool {
    let size = round.records.reduce(0) { $0 + ($1.distributions?.count ?? 0) }
    let fits = rounds.count < roundsMax && bytes + size <= bytesMax
    guard fits || rounds.isEmpty else { return false }
    rounds.append((round, size, now))
    bytes += size
    return true
  }

  /// The round to store next; it stays in the queue until `removeFirst`.
  var first: PreparedRound? {
    rounds.first.map { PreparedRound($0.round, enqueuedAt: $0.at) }
  }

  /// Drops the round that has been stored.
  mutating func removeFirst() {
    guard let stored = rounds.popFirst() else { return }
    bytes -= stored.bytes
  }
}
