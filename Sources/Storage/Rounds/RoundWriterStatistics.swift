public import Competition

/// What a `RoundWriter` has done and what waits, at one moment.
public struct RoundWriterStatistics: Hashable, Sendable {
  /// Rounds that wait or are being stored.
  public internal(set) var queuedRounds = 0
  /// Bytes of answers in those rounds.
  public internal(set) var queuedBytes = 0
  /// Rounds committed.
  public internal(set) var storedRounds = 0
  /// Rows committed.
  public internal(set) var storedRows = 0
  /// Answers that storage turned into FAILED.
  public internal(set) var refusedAnswers = 0
  /// Rows that the database refused in every form.
  public internal(set) var droppedRows = 0
  /// Rounds refused because the queue was at its bound.
  public internal(set) var refusedRounds = 0
  /// Rows of `updraft_rounds` deleted because of their age.
  public internal(set) var prunedRounds = 0
  /// Sessions opened.
  public internal(set) var connections = 0
  /// Tries to store a round that failed.
  public internal(set) var failedTries = 0
  /// Whether the last contact with the database went well; false before the first.
  public internal(set) var isConnected = false
  /// The last failure, in one line; nil when there was none.
  public internal(set) var lastError: String?
  /// When that was.
  public internal(set) var lastErrorAt: MonotonicInstant?
  /// CPU time of the storage thread.
  public internal(set) var threadCPUTime = Duration.zero
}
