import Competition
import Logging

/// Copies rows of a round that is closed, inside a transaction.
struct PredictionCopy {
  private let connection: PostgresConnection
  private let logger: Logger

  /// What its statements are for, in an error's words.
  static let doing = "copy predictions"
  /// Rows in a COPY while looking for refused ones: 32 × 55 KB, so that a try costs about 2 MB.
  private static let isolationRowsMax = 32
  /// The slowest COPY that is still waited for, bytes a second: a tenth of what pglz does.
  private static let bytesPerSecondMin = 3 << 20

  init(on connection: PostgresConnection, logger: Logger) {
    self.connection = connection
    self.logger = logger
  }

  /// The time that a COPY of so many bytes may take beyond the usual time of a statement.
  static func extraTime(forBytes bytes: Int) -> Duration { .seconds(bytes / bytesPerSecondMin) }

  private static func extraTime(of indices: [Int], in prepared: PreparedRound) -> Duration {
    extraTime(
      forBytes: indices.reduce(0) { $0 + (prepared.rows[$1].storedAnswer?.count ?? 0) })
  }

  /// Gives the transaction's statements more time than usual.
  func allow(_ extra: Duration) throws(StorageError) {
    guard extra > .zero else { return }
    let limit = connection.configuration.statementTimeout + extra
    try connection.execute(
      "SET LOCAL statement_timeout TO \(limit.milliseconds)", doing: Self.doing)
  }

  /// Copies all rows that are owed with one COPY, and checks them on the way; a row that the
  /// database refuses fails the COPY.
  func copyAll(
    of prepared: inout PreparedRound, checkedBy judge: AnswerJudge
  ) throws(StorageError) {
    var rows = CheckedRows(judge)
    let owed = prepared.owed(in: prepared.rows.indices)
    guard !owed.isEmpty else { return }
    let extra = Self.extraTime(of: owed, in: prepared)
    try allow(extra)
    let count = try connection.copyIn(
      PredictionEncoder.copyStatement, doing: Self.doing, extra: extra
    ) { (stream) throws(StorageError) in
      var encoder = PredictionEncoder(stream)
      for index in owed { try rows.put(index, of: &prepared, into: &encoder) }
      try encoder.finish()
    }
    try Self.check(count, of: rows.takeCount())
    try copyDoubtful(of: rows, in: &prepared)
  }

  /// Lets PostgreSQL judge the rows that nobody else could, and copies them.
  func copyDoubtful(
    of rows: CheckedRows, in prepared: inout PreparedRound
  ) throws(StorageError) {
    for index in rows.doubtful { try rows.judge.ask(about: index, of: &prepared, connection) }
    try copy(rows.doubtful, of: prepared)
  }

  /// Copies the rows that are owed in small batches, in which refused ones become FAILED, or are
  /// dropped when even that is refused.
  func copyIsolating(of prepared: inout PreparedRound) throws(StorageError) {
    let all = prepared.rows.indices
    for start in stride(from: all.lowerBound, to: all.upperBound, by: Self.isolationRowsMax) {
      let end = min(start + Self.isolationRowsMax, all.upperBound)
      try copyIsolating(start..<end, of: &prepared)
    }
  }

  /// Copies `range`, refusing rows until the rest goes in. Each turn finds rows that are stored
  /// already, refuses a row, which happens to it twice at most, or halves the range.
  private func copyIsolating(
    _ range: Range<Int>, of prepared: inout PreparedRound
  ) throws(StorageError) {
    while true {
      let owed = prepared.owed(in: range)
      let attempt = prepared
      let refusal = try connection.refusal { () throws(StorageError) in
        try copy(owed, of: attempt)
      }
      guard let refusal else { return }
      if refusal.sqlState == "23505",
        try connection.markStored(owed, of: &prepared) > 0
      {
        continue
      }
      if let line = refusal.copyLine, owed.indices.contains(line - 1) {
        refuse(owed[line - 1], of: &prepared, because: refusal)
      } else if owed.count == 1 {
        refuse(owed[0], of: &prepared, because: refusal)
      } else {
        let middle = owed[owed.count / 2]
        try copyIsolating(range.lowerBound..<middle, of: &prepared)
        return try copyIsolating(middle..<range.upperBound, of: &prepared)
      }
    }
  }

  private func refuse(
    _ index: Int, of prepared: inout PreparedRound, because refusal: StorageError
  ) {
    let reason = "the database refuses the row: \(refusal.message)".asDetail
    prepared.refuse(index, reason: reason)
    guard prepared.rows[index].fate == .dropped else { return }
    logger.error(
      "a prediction could not be stored",
      metadata: ["prediction_id": "\(prepared.rows[index].id)", "reason": "\(reason)"])
  }

  /// Copies these rows with one COPY.
  func copy(_ indices: [Int], of prepared: PreparedRound) throws(StorageError) {
    guard !indices.isEmpty else { return }
    let extra = Self.extraTime(of: indices, in: prepared)
    try allow(extra)
    let count = try connection.copyIn(
      PredictionEncoder.copyStatement, doing: Self.doing, extra: extra
    ) { (stream) throws(StorageError) in
      var encoder = PredictionEncoder(stream)
      for index in indices {
        try encoder.put(prepared.rows[index], answer: try prepared.answer(of: index))
      }
      try encoder.finish()
    }
    try Self.check(count, of: indices.count)
  }

  /// Compares what the server has taken with what it was given.
  static func check(_ count: Int, of given: Int) throws(StorageError) {
    guard count != given else { return }
    throw StorageError(
      .unexpectedAnswer, "\(count) of \(given) rows were taken", doing: doing,
      hint: "look for triggers or rules on predictions")
  }
}

extension PostgresConnection {
  /// Marks those of the rows that are in the table already; returns how many are.
  ///
  /// A COPY that met one of them has waited for the transaction that made it, so that it is seen
  /// here: no row of our own id is ever taken for a refused one. The round's time lets the server
  /// leave out partitions.
  func markStored(
    _ indices: [Int], of prepared: inout PreparedRound
  ) throws(StorageError) -> Int {
    let stored = try query(
      "SELECT id FROM predictions WHERE id = ANY($1::text[]) AND performed_at = $2",
      [.texts(indices.map { prepared.rows[$0].id }), .time(prepared.opening.performedAt)],
      doing: "look for stored predictions")
    var ids: Set<String> = []
    for row in stored { ids.insert(try row.text(0)) }
    prepared.markStored(ids)
    return ids.count
  }
}
