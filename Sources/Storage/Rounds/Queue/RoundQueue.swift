import Competition
import DequeModule

/// The rounds that are open or wait for storage: first in, first out, bounded in memory.
///
/// At the bound, or with too many segments open, closed rounds that are whole in the spool are left
/// to it, the newest first; if memory is at the bound even so, a round that opens is refused. A
/// round is always taken when none waits.
struct RoundQueue {
  /// Rounds that may hold their segment open, a file descriptor each. They are part of
  /// `Limits.descriptorsReserved`: hours of rounds that wait must not take the models' descriptors.
  static let openSegmentsMax = 8
  /// Rounds that are read back: the one that is being stored, and the next.
  private static let readsMax = 2

  private let bytesMax: Int
  private let held = HeldBytes()
  private var rounds: Deque<QueuedRound> = []
  private var lastNumber: UInt64 = 0

  init(bytesMax: Int) { self.bytesMax = bytesMax }

  var count: Int { rounds.count }

  /// The bytes of answers and rows that are in memory.
  var bytes: Int { held.value }

  var first: QueuedRound? {
    get { rounds.first }
    set {
      guard let newValue, !rounds.isEmpty else { return }
      rounds[0] = newValue
    }
  }

  /// Rounds that are not in the database and of which the spool doesn't have everything.
  var unfiledCount: Int { rounds.reduce(0) { $0 + ($1.isFiled ? 0 : 1) } }

  /// Rounds of earlier runs that still wait.
  var leftoverCount: Int { rounds.reduce(0) { $0 + ($1.isLeftover ? 1 : 0) } }

  /// Takes a round that opens, or refuses it at the bound; returns its number and its memory.
  mutating func open(
    _ opening: RoundOpening, at now: MonotonicInstant
  ) -> (number: UInt64, memory: RoundMemory)? {
    evict()
    guard rounds.isEmpty || held.value < bytesMax else { return nil }
    lastNumber += 1
    let memory = RoundMemory(of: held, modelCount: opening.entries.count)
    rounds.append(QueuedRound(opening, number: lastNumber, memory: memory, at: now))
    return (lastNumber, memory)
  }

  /// Takes a round that an earlier run left.
  mutating func append(leftover file: SegmentFile, at now: MonotonicInstant) {
    lastNumber += 1
    rounds.append(QueuedRound(leftover: file, number: lastNumber, at: now))
  }

  /// Changes the round with that number, if it is still here.
  mutating func change(_ number: UInt64, _ body: (inout QueuedRound) -> Void) {
    guard let index = rounds.lastIndex(where: { $0.number == number }) else { return }
    body(&rounds[index])
  }

  /// Those of the next two rounds that only the spool has and that it has not been asked for; they
  /// count as asked for from here on.
  ///
  /// The second is read while the first is being stored. No more: a round that was read back holds
  /// its file open, which is part of `Limits.descriptorsReserved`.
  mutating func takeReads() -> [(number: UInt64, file: SegmentFile)] {
    var reads: [(number: UInt64, file: SegmentFile)] = []
    for index in rounds.indices.prefix(Self.readsMax) {
      guard case .file(let file) = rounds[index].place else { continue }
      rounds[index].place = .asked(file)
      reads.append((rounds[index].number, file))
    }
    return reads
  }

  /// Leaves closed rounds to the spool until memory and open segments are within their bounds. The
  /// first one is not touched: it is being stored.
  mutating func evict() {
    var openSegments = rounds.count { $0.segment != nil }
    var index = rounds.count - 1
    while index > 0, held.value >= bytesMax || openSegments > Self.openSegmentsMax {
      if rounds[index].canBeEvicted {
        rounds[index].evict()
        openSegments -= 1
      }
      index -= 1
    }
  }

  /// Forgets the first round: it is stored.
  mutating func removeFirst() {
    rounds.popFirst()?.memory?.release()
  }
}
