public import Competition

/// A round that is committed, and what became of its records.
public struct StoredRound: Sendable {
  /// When the round was asked.
  public let performedAt: UTCTime
  /// What was asked.
  public let params: PredictionParams
  /// Rows in the table by their final status. Statuses without a row are left out.
  public let counts: [PredictionStatus: Int]
  /// The rows of this round that are in the table.
  public let rowCount: Int
  /// The time from the round's end to its commit; for a round of an earlier run, from the start of
  /// this one.
  public let latency: Duration
  /// The time from the round's end until the spool had all of it; nil when it never had, or when an
  /// earlier run put it there.
  public let keptLatency: Duration?
  /// Whether an earlier run of the program asked it, and left it in the spool.
  public let isReplayed: Bool
  /// Every row that is FAILED or TIMEOUT with its reason, and every row that could not be stored.
  public let failures: [StoredFailure]
  /// The shard of a worker that died; nil for this one's.
  let shard: String?
  /// The times of the answers that are known.
  let times: AnswerTimes

  init(_ prepared: PreparedRound, at now: MonotonicInstant) {
    performedAt = prepared.opening.performedAt
    params = prepared.opening.params
    let counted = PredictionStatus.allCases.map { ($0, prepared.count($0)) }
    counts = Dictionary(uniqueKeysWithValues: counted.filter { $0.1 > 0 })
    rowCount = counts.values.reduce(0, +)
    latency = prepared.end.map { now.since($0.at) } ?? .zero
    keptLatency = prepared.end.flatMap { end in end.keptAt.map { $0.since(end.at) } }
    isReplayed = prepared.isReplayed
    shard = prepared.shard
    times = AnswerTimes(prepared.rows.lazy.map(\.record))
    failures = prepared.rows.compactMap(StoredFailure.init)
  }
}

/// Why one record of a stored round is no success.
public struct StoredFailure: Hashable, Sendable {
  /// Who found the failure.
  public enum Source: String, Hashable, Sendable {
    /// The call itself failed or timed out.
    case call
    /// The model answered, and storage refused the answer: the row is FAILED.
    case storage
    /// The database refused the row in every form: it is not in the table.
    case dropped
  }

  /// The model of the row.
  public let modelID: ModelID
  /// The row's final status.
  public let status: PredictionStatus
  /// The reason, as in `updraft_failures`.
  public let detail: String
  /// Who found it.
  public let source: Source

  init?(_ row: PreparedRound.Row) {
    guard let detail = row.detail else { return nil }
    modelID = row.record.modelID
    status = row.status
    self.detail = detail
    source =
      switch row.fate {
      case .dropped: .dropped
      case .failed: .storage
      case .awaited, .asAnswered, .stored: row.record.status == row.status ? .call : .storage
      }
  }
}
