import Competition

/// A round on its way into the tables: what each of its rows has become so far.
///
/// *open*: takes arrivals → *closed* by its end, when every row has its outcome.
struct PreparedRound {
  /// One row of `predictions`.
  struct Row {
    let id: String
    /// What became of the call.
    var record: PredictionRecord
    /// What the row will say; differs from the record's when storage refuses the answer.
    var status: PredictionStatus
    /// What the model answered; nil is stored as the literal `null`.
    var answer: AnswerBytes?
    var detail: String?
    var fate: Fate
    /// Whether its answer has been checked.
    var isChecked = false

    /// The answer that goes into the table; nil is the literal `null`.
    var storedAnswer: AnswerBytes? { fate == .asAnswered ? answer : nil }
  }

  /// What storage does with a row.
  enum Fate {
    /// Its outcome isn't there yet; may become `asAnswered`.
    case awaited
    /// It goes in as the round closed it; may become `failed` or `stored`.
    case asAnswered
    /// What it holds was refused, it goes in as FAILED; may become `dropped` or `stored`.
    case failed
    /// It is in the table already.
    case stored
    /// Even its FAILED form was refused.
    case dropped

    /// Whether the row is still to be copied.
    var isOwed: Bool { self == .asAnswered || self == .failed }
  }

  let opening: RoundOpening
  /// Whether an earlier run of the program left it.
  let isReplayed: Bool
  /// The part of the models that the worker had that asked it; nil for this one's.
  let shard: String?
  /// Shape: [rosterCount].
  private(set) var rows: [Row]
  /// The round's end; nil while it is open.
  private(set) var end: RoundEnd?
  /// Where its spooled answers are read; nil without a segment.
  var segment: RoundSegment?
  /// Whether an earlier try may have stored rows: its commit's answer never came.
  var mayBeStored = false
  private let memory: RoundMemory?

  /// A round that is open: who is absent is known, the others are awaited.
  init(_ opening: RoundOpening, memory: RoundMemory?) {
    self.opening = opening
    self.memory = memory
    isReplayed = false
    shard = nil
    rows = opening.entries.map { entry in
      Row(
        PredictionRecord(
          modelID: entry.modelID, params: opening.params,
          status: entry.isCalled ? .failed : .absent, execTimeMicros: 0, distributions: nil,
          performedAt: opening.performedAt,
          detail: entry.isCalled ? "UNKNOWN: no outcome was handed over" : nil),
        answer: nil, fate: entry.isCalled ? .awaited : .asAnswered)
    }
    dropDoubles()
  }

  /// A round that was read back from the spool, its answers still in there.
  init(_ recovered: RecoveredRound, end at: MonotonicInstant, isReplayed: Bool) {
    let record = recovered.record()
    opening = recovered.opening
    self.isReplayed = isReplayed
    shard = "\(recovered.shard)"
    memory = nil
    segment = RoundSegment(file: recovered.file, reader: recovered.reader)
    // A round of this run leaves memory only before its first try.
    mayBeStored = isReplayed
    rows = record.records.enumerated().map { index, record in
      let answer = recovered.answers[index].flatMap { found in
        found.location.map { AnswerBytes(count: found.valueBytes, at: $0) }
      }
      return Row(record, answer: record.status == .success ? answer : nil, fate: .asAnswered)
    }
    end = RoundEnd(
      closing: RoundClosing(
        wallTime: record.wallTime, panic: record.panic,
        breakers: record.records.map(\.breaker)), at: at)
    dropDoubles()
  }

  /// The closed round without its answers.
  var record: RoundRecord {
    RoundRecord(
      params: opening.params, performedAt: opening.performedAt,
      wallTime: end?.closing.wallTime ?? .zero, lateBy: opening.lateBy,
      panic: end?.closing.panic, isMarketClosed: opening.isMarketClosed, models: opening.models,
      records: rows.map(\.record))
  }

  /// The bytes of all answers, also of those that storage refuses.
  var answerBytes: Int { rows.reduce(0) { $0 + ($1.answer?.count ?? 0) } }

  /// The places of the rows that are still to be copied, in order.
  func owed(in range: Range<Int>) -> [Int] { range.filter { rows[$0].fate.isOwed } }

  /// The number of rows with `status` that are or will be in the table.
  func count(_ status: PredictionStatus) -> Int {
    rows.reduce(0) { $0 + ($1.status == status && $1.fate != .dropped ? 1 : 0) }
  }

  // MARK: What arrives

  /// Takes what has happened; returns the places of the rows that can be copied now.
  mutating func take(_ news: RoundNews) -> [Int] {
    var indices = news.arrivals.compactMap { take($0) ? $0.index : nil }
    if let end = news.end {
      indices += close(end)
    }
    return indices
  }

  private mutating func take(_ arrival: Arrival) -> Bool {
    guard rows[arrival.index].fate == .awaited else { return false }
    let entry = opening.entries[arrival.index]
    rows[arrival.index] = Row(
      PredictionRecord(
        modelID: entry.modelID, params: opening.params, status: arrival.status,
        execTimeMicros: arrival.execTimeMicros, distributions: nil,
        performedAt: opening.performedAt, detail: arrival.detail, wasSent: arrival.wasSent),
      answer: arrival.answer, fate: .asAnswered)
    return true
  }

  /// Ends the round; a row without an outcome, which nobody should see, keeps saying so.
  private mutating func close(_ end: RoundEnd) -> [Int] {
    self.end = end
    for (index, breaker) in zip(rows.indices, end.closing.breakers) {
      rows[index].record.breaker = breaker
    }
    let left = rows.indices.filter { rows[$0].fate == .awaited }
    for index in left { rows[index].fate = .asAnswered }
    return left
  }

  /// A model that stands in the roster twice has one row.
  private mutating func dropDoubles() {
    var seen: Set<String> = []
    for index in rows.indices where !seen.insert(rows[index].id).inserted {
      rows[index].fate = .dropped
      rows[index].detail = "the roster has the model twice"
    }
  }

  // MARK: Answers

  /// The answer that row `index` is stored with; nil is the literal `null`.
  ///
  /// - Throws: `StorageError` of code `unreadable` when the spool doesn't give it back.
  func answer(of index: Int) throws(StorageError) -> ByteView? {
    try bytes(of: rows[index].storedAnswer)
  }

  /// What the model of row `index` answered, whatever has become of it.
  func rejectedAnswer(of index: Int) throws(StorageError) -> ByteView? {
    try bytes(of: rows[index].answer)
  }

  private func bytes(of answer: AnswerBytes?) throws(StorageError) -> ByteView? {
    guard let answer else { return nil }
    if let memory = answer.memory { return memory }
    guard let location = answer.location, let reader = segment?.reader else {
      throw .unreadable("it is neither in memory nor in the spool")
    }
    do throws(SpoolError) {
      return try reader.read(location)
    } catch {
      throw .unreadable("\(error)")
    }
  }

  /// Drops row `index`'s answer from memory if the spool has it.
  mutating func dropSpooled(_ index: Int) {
    guard let answer = rows[index].answer, answer.location != nil, answer.memory != nil else {
      return
    }
    rows[index].answer?.memory = nil
    memory?.drop(answer.count)
  }

  /// Drops every answer from memory that the spool has.
  mutating func dropAllSpooled() {
    for index in rows.indices { dropSpooled(index) }
  }

  // MARK: Fates

  /// The answer of row `index` may be stored as it is.
  mutating func accept(_ index: Int) { rows[index].isChecked = true }

  /// The row is in the table already.
  mutating func markStored(_ ids: Set<String>) {
    for index in rows.indices where rows[index].fate.isOwed && ids.contains(rows[index].id) {
      rows[index].fate = .stored
    }
  }

  /// What row `index` holds was refused: it goes in as FAILED, or not at all when it was FAILED by
  /// storage already.
  mutating func refuse(_ index: Int, reason: String) {
    rows[index].isChecked = true
    rows[index].detail = reason
    if rows[index].fate == .asAnswered {
      rows[index].fate = .failed
      rows[index].status = .failed
    } else {
      rows[index].fate = .dropped
    }
  }
}

extension PreparedRound.Row {
  fileprivate init(
    _ record: PredictionRecord, answer: AnswerBytes?, fate: PreparedRound.Fate
  ) {
    self.record = record
    self.answer = answer
    self.fate = fate
    id = record.id.withoutNUL
    status = record.status
    detail = record.detail
    isChecked = answer == nil
  }
}

extension StorageError {
  /// An answer that can't be read back.
  static func unreadable(_ reason: String) -> StorageError {
    StorageError(.unreadable, reason, doing: "read an answer back from the spool")
  }
}
