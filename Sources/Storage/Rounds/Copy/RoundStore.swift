import Competition
import Logging

/// Puts a round into the tables in one transaction: predictions, reasons, statistics.
///
/// The usual round is one COPY. When the database refuses a row, the transaction starts anew and
/// copies in small batches, in which the refused row is found by the line that the server names (or
/// by halving), becomes FAILED, and the rest is stored. Rows that are there already, from a try
/// whose commit was never answered or from a worker that died, are left out.
struct RoundStore {
  let judge: AnswerJudge
  let models: RoundModels
  private let shard: String
  private let logger: Logger

  /// What its transaction is for, in an error's words.
  static let doing = "store a round"

  init(answers: AnswerCheck, shard: String, logger: Logger) {
    judge = AnswerJudge(answers)
    models = RoundModels(logger: logger)
    self.shard = shard
    self.logger = logger
  }

  /// Stores a closed round; what it has become so far is kept in it when this throws.
  ///
  /// - Throws: `StorageError` when the database is away or refuses more than rows; nothing of the
  ///   round is stored then (or all of it, if only the answer to COMMIT was lost).
  func store(
    _ prepared: inout PreparedRound, on connection: PostgresConnection, ownTables: OwnTables
  ) throws(StorageError) {
    try models.write(of: prepared, on: connection)
    if prepared.mayBeStored { _ = try markStored(&prepared, on: connection) }
    var next = Next(isolates: false)
    while true {
      do throws(StorageError) {
        return try store(&prepared, next, on: connection, ownTables)
      } catch {
        next = try self.next(after: error, next, &prepared, on: connection)
      }
    }
  }

  /// How the next try goes about it.
  private struct Next {
    var isolates: Bool
    var hasInsertedMissing = false
  }

  private func store(
    _ prepared: inout PreparedRound, _ way: Next, on connection: PostgresConnection,
    _ ownTables: OwnTables
  ) throws(StorageError) {
    let copy = PredictionCopy(on: connection, logger: logger)
    guard way.isolates else {
      return try connection.transaction(doing: Self.doing) { () throws(StorageError) in
        try copy.copyAll(of: &prepared, checkedBy: judge)
        try writeReasons(of: prepared, ownTables, on: connection)
      }
    }
    try judge.checkAll(of: &prepared, on: connection)
    var attempt = prepared
    try connection.transaction(doing: Self.doing) { () throws(StorageError) in
      try copy.copyIsolating(of: &attempt)
      try writeReasons(of: attempt, ownTables, on: connection)
    }
    prepared = attempt
  }

  /// What to do after a try that failed.
  ///
  /// - Throws: the error when nothing can be done about it but to try again later.
  private func next(
    after error: StorageError, _ last: Next, _ prepared: inout PreparedRound,
    on connection: PostgresConnection
  ) throws(StorageError) -> Next {
    var next = last
    if error.code == .unreadable {
      guard judge.refuseUnreadable(in: &prepared) > 0 else { throw error }
      return next
    }
    guard error.refusesRow, !last.isolates else { throw error }
    // Each time rows are found that were owed before, so that this comes to an end.
    if error.sqlState == "23505", try markStored(&prepared, on: connection) > 0 { return next }
    // A foreign key names no line: first see to it that every model has its row.
    if error.sqlState == "23503", !last.hasInsertedMissing {
      try models.insertMissing(of: prepared, on: connection)
      next.hasInsertedMissing = true
      return next
    }
    next.isolates = true
    return next
  }

  private func markStored(
    _ prepared: inout PreparedRound, on connection: PostgresConnection
  ) throws(StorageError) -> Int {
    try connection.markStored(prepared.owed(in: prepared.rows.indices), of: &prepared)
  }

  /// Writes why predictions are no successes, and the round's statistics. Rows that were there
  /// already came with their reasons, which may differ from what the spool knows.
  func writeReasons(
    of prepared: PreparedRound, _ ownTables: OwnTables, on connection: PostgresConnection
  ) throws(StorageError) {
    let failed = prepared.rows.filter { $0.detail != nil && $0.fate.isOwed }
    if ownTables.hasFailures, !failed.isEmpty {
      try connection.query(
        """
        INSERT INTO updraft_failures (prediction_id, detail)
        SELECT * FROM unnest($1::text[], $2::text[]) ON CONFLICT (prediction_id) DO NOTHING
        """,
        [.texts(failed.map(\.id)), .texts(failed.map { ($0.detail ?? "").asDetail })],
        doing: "store the reasons of failures")
    }
    guard ownTables.hasRounds else { return }
    let row = RoundRow(
      prepared, shard: prepared.shard ?? shard, details: ownTables.hasRoundDetails, storedAt: .now()
    )
    try connection.query(
      row.statement, row.values.map(\.value), doing: "store the round's statistics")
  }
}
