public import Competition

/// An answer that was read back; its value stays in the file.
public struct RecoveredAnswer: Sendable {
  /// The answer without its value.
  public let answer: SpooledAnswer
  /// The length of its value, 0 when there is none.
  public let valueBytes: Int
  /// Where the value lies; nil when there is none.
  public let location: SpoolLocation?
  /// Where the record begins.
  let recordOffset: Int
}

/// A segment read back: what the round asked, and what had arrived of it.
public struct RecoveredRound: Sendable {
  /// The segment.
  public let file: SegmentFile
  /// Its length, bytes.
  public let byteCount: Int
  /// The round as it opened.
  public let opening: RoundOpening
  /// The competition that the round belongs to.
  public let crunchID: String
  /// The part of its models that the worker had.
  public let shard: Shard
  /// The round's end; nil when the worker ended first, or is still at it.
  public let closing: RoundClosing?
  /// What had arrived, by roster index.
  public let answers: [Int: RecoveredAnswer]
  /// The places that could not be read.
  public let damage: [SpoolDamage]
  /// Reads values back. Holds the file open.
  public let reader: SegmentReader

  init(
    file: SegmentFile, byteCount: Int, header: SpooledOpening, closing: RoundClosing?,
    answers: [Int: RecoveredAnswer], damage: [SpoolDamage], reader: SegmentReader
  ) {
    self.file = file
    self.byteCount = byteCount
    opening = header.opening
    crunchID = header.crunchID
    shard = header.shard
    self.closing = closing
    self.answers = answers
    self.damage = damage
    self.reader = reader
  }

  /// The value of the model at `index`; nil when it has none.
  ///
  /// - Throws: `SpoolError`: `damaged`, `io`.
  public func value(at index: Int) throws(SpoolError) -> ByteView? {
    guard let location = answers[index]?.location else { return nil }
    return try reader.read(location)
  }

  /// Whether a worker that is still at it explains everything that is missing: the file ends in
  /// the middle of a record, and the round's end is not there yet.
  public var mayBeInProgress: Bool { closing == nil && damage.allSatisfy(\.isTail) }

  /// The closed round, with a record for each model of the roster and without the values.
  ///
  /// A called model whose outcome is missing is FAILED: `RESTARTED` when the round had not ended,
  /// `SPOOL_DAMAGED` when it had. Without the round's end its wall time is the longest time that a
  /// model took, and no breaker is known.
  public func record() -> RoundRecord {
    let records = opening.entries.indices.map(record)
    let longestMicros = records.map(\.execTimeMicros).filter(\.isFinite).max() ?? 0
    return RoundRecord(
      params: opening.params, performedAt: opening.performedAt,
      wallTime: closing?.wallTime ?? .microseconds(Int64(min(max(0, longestMicros), 1e15))),
      lateBy: opening.lateBy, panic: closing?.panic, isMarketClosed: opening.isMarketClosed,
      models: opening.models, records: records)
  }

  private func record(at index: Int) -> PredictionRecord {
    let entry = opening.entries[index]
    let breakers = closing?.breakers ?? []
    let breaker = breakers.indices.contains(index) ? breakers[index] : nil
    guard let answer = answers[index]?.answer else {
      return PredictionRecord(
        modelID: entry.modelID, params: opening.params,
        status: entry.isCalled ? .failed : .absent, execTimeMicros: 0, distributions: nil,
        performedAt: opening.performedAt, detail: entry.isCalled ? reasonForMissing : nil,
        breaker: breaker)
    }
    return PredictionRecord(
      modelID: entry.modelID, params: opening.params, status: answer.status,
      execTimeMicros: answer.execTimeMicros, distributions: nil,
      performedAt: opening.performedAt, detail: answer.detail, wasSent: answer.wasSent,
      breaker: breaker)
  }

  private var reasonForMissing: String {
    let places = damage.filter { !$0.isTail }.count
    if closing != nil {
      return "SPOOL_DAMAGED: the round had ended, and this outcome could not be read back"
    }
    return places == 0
      ? "RESTARTED: worker restarted before this model's answer had arrived"
      : "RESTARTED: worker restarted; the answer had not arrived or could not be read back"
  }
}
