import Competition

/// A round's file in the spool, and how values are read back from it.
struct RoundSegment: Sendable {
  let file: SegmentFile
  let reader: SegmentReader
}

/// One round that waits for storage, or is being stored.
///
/// It may become: *open* → *closed* by its end → *filed*, when memory is short and the spool has
/// all of it → *read*, when its turn has come. Rounds of earlier runs begin as *filed*.
struct QueuedRound {
  /// Where the round is.
  enum Place {
    /// In memory, as far as its answers haven't been dropped.
    case memory(RoundOpening)
    /// Only in the spool.
    case file(SegmentFile)
    /// Only in the spool, and the spool's thread has been asked to read it.
    case asked(SegmentFile)
    /// Read back, or why it could not be.
    case read(Result<RecoveredRound, SpoolError>, SegmentFile)
  }

  let number: UInt64
  let performedAt: UTCTime
  /// When storage was first told of it.
  let since: MonotonicInstant
  /// Whether an earlier run of the program left it.
  let isLeftover: Bool
  var place: Place
  /// What it holds in memory; nil for a leftover.
  var memory: RoundMemory?
  /// What has arrived and has not been taken by the storage thread.
  var arrivals: [Arrival] = []
  var end: RoundEnd?
  /// Its segment; nil while there is none.
  var segment: RoundSegment?
  /// Whether the spool has everything that memory has.
  var isFiled = false
  /// Whether it may be copied while it is open: not after that has failed.
  var mayStream = true

  /// A round that opens.
  init(_ opening: RoundOpening, number: UInt64, memory: RoundMemory, at now: MonotonicInstant) {
    self.number = number
    self.memory = memory
    performedAt = opening.performedAt
    since = now
    isLeftover = false
    place = .memory(opening)
  }

  /// A round that an earlier run left.
  init(leftover file: SegmentFile, number: UInt64, at now: MonotonicInstant) {
    self.number = number
    performedAt = file.performedAt
    since = now
    isLeftover = true
    isFiled = true
    place = .file(file)
  }

  /// Since when it could be stored; nil while it is open.
  var waitingSince: MonotonicInstant? { isLeftover ? since : end?.at }

  /// Whether it can be forgotten and read back when its turn comes.
  var canBeEvicted: Bool {
    guard case .memory = place else { return false }
    return isFiled && end != nil && segment != nil
  }

  /// Leaves it to the spool.
  mutating func evict() {
    guard canBeEvicted, let segment else { return }
    place = .file(segment.file)
    arrivals = []
    self.segment = nil
    memory?.release()
    memory = nil
  }
}
