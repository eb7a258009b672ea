public import Competition

/// What a `RoundWriter` has done and what waits, at one moment.
public struct RoundWriterStatistics: Hashable, Sendable {
  /// Rounds that are open, wait or are being stored.
  public internal(set) var queuedRounds = 0
  /// Bytes of answers and rows in memory of those rounds.
  public internal(set) var queuedBytes = 0
  /// How long the round that is stored next has been over; nil when none waits.
  public internal(set) var oldestWaitingAge: Duration?
  /// Rounds committed.
  public internal(set) var storedRounds = 0
  /// Rows committed.
  public internal(set) var storedRows = 0
  /// Answers that storage turned into FAILED.
  public internal(set) var refusedAnswers = 0
  /// Rows that the database refused in every form.
  public internal(set) var droppedRows = 0
  /// Those of them that are in the reject file.
  public internal(set) var rejectedRows = 0
  /// Rounds that were left out because there was no room for their answers.
  public internal(set) var refusedRounds = 0
  /// Rounds of earlier runs that are committed now.
  public internal(set) var replayedRounds = 0
  /// Rounds of earlier runs that still wait.
  public internal(set) var replayingRounds = 0
  /// Rows of `updraft_rounds` deleted because of their age.
  public internal(set) var prunedRounds = 0
  /// Sessions opened.
  public internal(set) var connections = 0
  /// Tries to store a round that failed.
  public internal(set) var failedTries = 0
  /// Whether the last contact with the database went well; false before the first.
  public internal(set) var isConnected = false
  /// Whether rounds can't be stored at present, or the spool takes nothing.
  public var isDegraded: Bool { isStoringFailing || isSpoolFailing }
  /// Whether the last try to store a round failed.
  public internal(set) var isStoringFailing = false
  /// Whether the spool took nothing when it was last asked.
  public internal(set) var isSpoolFailing = false
  /// Bytes of the spool's files.
  public var spoolBytes: Int { spool?.bytes ?? 0 }
  /// Rounds in the spool that are not removed yet.
  public var spoolRounds: Int { spool?.rounds ?? 0 }
  /// Places in the spool that could not be read, files of which nothing could be, and answers that
  /// could not be read back.
  public var damagedRecords: Int {
    (spool?.damagedRecords ?? 0) + (spool?.damagedFiles ?? 0) + unreadableAnswers
  }
  /// Rounds of the spool that could not be read; their files stay.
  public internal(set) var unreadableRounds = 0
  /// The last failure, in one line; nil when there was none.
  public internal(set) var lastError: String?
  /// When that was.
  public internal(set) var lastErrorAt: MonotonicInstant?
  /// CPU time of the storage thread.
  public internal(set) var threadCPUTime = Duration.zero

  /// What the spool says of itself; nil without one.
  var spool: SpoolUsage?
  /// Answers whose spooled bytes were damaged.
  var unreadableAnswers = 0

  /// Counts a committed round.
  mutating func count(_ stored: StoredRound) {
    storedRounds += 1
    storedRows += stored.rowCount
    if stored.isReplayed { replayedRounds += 1 }
    for failure in stored.failures {
      switch failure.source {
      case .call: break
      case .storage:
        refusedAnswers += 1
        if failure.detail.hasPrefix(StorageError.damageCode) { unreadableAnswers += 1 }
      case .dropped: droppedRows += 1
      }
    }
  }

  /// Takes in how a contact with the database went.
  mutating func note(failure: StorageError?) {
    isConnected = failure.map { !$0.endsConnection } ?? true
    guard let failure else { return }
    lastError = failure.description
    lastErrorAt = .now()
  }
}
