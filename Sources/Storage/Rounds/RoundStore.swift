import Competition
import Logging

/// Puts a round into the tables in one transaction: models, predictions, reasons, statistics.
///
/// The usual round is one COPY. When the database refuses a row, the transaction starts anew and
/// copies in small batches, in which the refused row is found by the line that the server names (or
/// by halving), becomes FAILED, and the rest is stored.
struct RoundStore {
  private let answers: AnswerCheck
  private let shard: String
  private let logger: Logger

  /// Rows in a COPY while looking for refused ones: 32 × 55 KB, so that a try costs about 2 MB.
  private static let isolationRowsMax = 32
  /// The slowest COPY that is still waited for, bytes a second: a tenth of what pglz does.
  private static let copyBytesPerSecondMin = 3 << 20

  init(answers: AnswerCheck, shard: String, logger: Logger) {
    self.answers = answers
    self.shard = shard
    self.logger = logger
  }

  /// Stores `prepared`; what it has become so far is kept in it when this throws.
  ///
  /// - Throws: `StorageError` when the database is away or refuses more than rows; nothing of the
  ///   round is stored then (or all of it, if only the answer to COMMIT was lost).
  func store(
    _ prepared: inout PreparedRound, on connection: PostgresConnection, ownTables: OwnTables
  ) throws(StorageError) {
    try checkAnswers(&prepared, on: connection)
    var hasLookedForStored = false
    if prepared.mayBeStored {
      try markStored(&prepared, on: connection)
      hasLookedForStored = true
    }
    var insertsMissingModels = false
    var isolates = false
    while true {
      let isolatesNow = isolates
      let insertsNow = insertsMissingModels
      var attempt = prepared
      do throws(StorageError) {
        try connection.transaction(doing: "store a round") { () throws(StorageError) in
          try writeModels(of: attempt, insertsNow, isolating: isolatesNow, on: connection)
          try copy(&attempt, isolating: isolatesNow, on: connection)
          try writeReasons(of: attempt, ownTables, on: connection)
        }
        prepared = attempt
        return
      } catch {
        guard error.refusesRow, !isolates else { throw error }
        // A foreign key names no line: first see to it that every model has its row.
        if error.sqlState == "23503", !insertsMissingModels {
          insertsMissingModels = true
        } else if error.sqlState == "23505", !hasLookedForStored {
          try markStored(&prepared, on: connection)
          hasLookedForStored = true
        } else {
          isolates = true
        }
      }
    }
  }

  // MARK: Answers

  /// Finds the answers that PostgreSQL would refuse, before any is copied.
  private func checkAnswers(
    _ prepared: inout PreparedRound, on connection: PostgresConnection
  ) throws(StorageError) {
    for index in prepared.rows.indices {
      let row = prepared.rows[index]
      guard !row.isChecked, let answer = row.distributions else { continue }
      switch answer.withUnsafeBytes({ answers.verdict(on: $0, params: row.record.params) }) {
      case .accepted: prepared.accept(index)
      case .refused(let reason):
        prepared.refuse(index, reason: "the answer can't be stored: \(reason)".asDetail)
      case .doubtful:
        if let refusal = try refusal(of: answer, to: row.record.params, by: connection) {
          prepared.refuse(index, reason: "the answer can't be stored: \(refusal)".asDetail)
        } else {
          prepared.accept(index)
        }
      }
    }
  }

  /// PostgreSQL's own objection to `answer` as `json`, or to its shape; nil when it takes it.
  private func refusal(
    of answer: ByteView, to params: PredictionParams, by connection: PostgresConnection
  ) throws(StorageError) -> String? {
    do throws(StorageError) {
      let rows = try connection.query(
        answers.question, [.json(answer), .int(params.stepCount)], doing: "check an answer")
      let isGood = try rows.first?.bool(0) ?? false
      return isGood ? nil : "\(params.stepCount) densities are expected in a list"
    } catch {
      guard error.refusesRow else { throw error }
      return error.message
    }
  }

  /// Marks what an earlier try has stored.
  private func markStored(
    _ prepared: inout PreparedRound, on connection: PostgresConnection
  ) throws(StorageError) {
    let rows = try connection.query(
      "SELECT id FROM predictions WHERE id = ANY($1::text[])", [.texts(prepared.rows.map(\.id))],
      doing: "look for stored predictions")
    var ids: Set<String> = []
    for row in rows { ids.insert(try row.text(0)) }
    prepared.markStored(ids)
  }

  // MARK: Models

  private func writeModels(
    of prepared: PreparedRound, _ insertsMissing: Bool, isolating: Bool,
    on connection: PostgresConnection
  ) throws(StorageError) {
    let table = ModelTable(connection)
    if !isolating {
      try table.upsert(prepared.round.models)
      if insertsMissing { try table.insertMissing(prepared.rows.map(\.record.modelID)) }
      return
    }
    for model in prepared.round.models {
      try tolerating(model.modelID, on: connection) { () throws(StorageError) in
        try table.upsert([model])
      }
    }
    for row in prepared.rows {
      try tolerating(row.record.modelID, on: connection) { () throws(StorageError) in
        try table.insertMissing([row.record.modelID])
      }
    }
  }

  /// Runs `body` for one model; a refusal by the database is logged and undone, nothing else.
  private func tolerating(
    _ modelID: ModelID, on connection: PostgresConnection,
    _ body: () throws(StorageError) -> Void
  ) throws(StorageError) {
    let refusal = try refusal(on: connection, body)
    guard let refusal else { return }
    logger.error(
      "the database refuses a model's row",
      metadata: ["model_id": "\(modelID)", "reason": "\(refusal.message)"])
  }

  // MARK: Predictions

  private func copy(
    _ prepared: inout PreparedRound, isolating: Bool, on connection: PostgresConnection
  ) throws(StorageError) {
    let all = prepared.rows.indices
    guard isolating else { return try copy(prepared.owed(in: all), of: prepared, on: connection) }
    for start in stride(from: all.lowerBound, to: all.upperBound, by: Self.isolationRowsMax) {
      let end = min(start + Self.isolationRowsMax, all.upperBound)
      try copyIsolating(start..<end, of: &prepared, on: connection)
    }
  }

  /// Copies `range`, refusing rows until the rest goes in. Each turn refuses a row, which happens
  /// to it twice at most, or halves the range.
  private func copyIsolating(
    _ range: Range<Int>, of prepared: inout PreparedRound, on connection: PostgresConnection
  ) throws(StorageError) {
    while true {
      let owed = prepared.owed(in: range)
      let attempt = prepared
      let refusal = try refusal(on: connection) { () throws(StorageError) in
        try copy(owed, of: attempt, on: connection)
      }
      guard let refusal else { return }
      if let line = refusal.copyLine, owed.indices.contains(line - 1) {
        refuse(owed[line - 1], of: &prepared, because: refusal)
      } else if owed.count == 1 {
        refuse(owed[0], of: &prepared, because: refusal)
      } else {
        let middle = owed[owed.count / 2]
        try copyIsolating(range.lowerBound..<middle, of: &prepared, on: connection)
        return try copyIsolating(middle..<range.upperBound, of: &prepared, on: connection)
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

  private func copy(
    _ indices: [Int], of prepared: PreparedRound, on connection: PostgresConnection
  ) throws(StorageError) {
    guard !indices.isEmpty else { return }
    let doing = "copy predictions"
    let bytes = indices.reduce(0) { $0 + (prepared.rows[$1].distributions?.count ?? 0) }
    let extra = Duration.seconds(bytes / Self.copyBytesPerSecondMin)
    if extra > .zero {
      let limit = connection.configuration.statementTimeout + extra
      try connection.execute(
        "SET LOCAL statement_timeout TO \(limit.milliseconds)", doing: doing)
    }
    let count = try connection.copyIn(PredictionEncoder.copyStatement, doing: doing, extra: extra) {
      (stream) throws(StorageError) in
      var encoder = PredictionEncoder(stream)
      for index in indices { try encoder.put(prepared.rows[index]) }
      try encoder.finish()
    }
    guard count == indices.count else {
      throw StorageError(
        .unexpectedAnswer, "\(count) of \(indices.count) rows were taken", doing: doing,
        hint: "look for triggers or rules on predictions")
    }
  }

  /// Runs `body` in a savepoint; when the database refuses its rows, undoes it and says why.
  private func refusal(
    on connection: PostgresConnection, _ body: () throws(StorageError) -> Void
  ) throws(StorageError) -> StorageError? {
    let doing = "look for a refused row"
    try connection.execute("SAVEPOINT updraft", doing: doing)
    do throws(StorageError) {
      try body()
      try connection.execute("RELEASE SAVEPOINT updraft", doing: doing)
      return nil
    } catch {
      guard error.refusesRow else { throw error }
      try connection.execute(
        "ROLLBACK TO SAVEPOINT updraft; RELEASE SAVEPOINT updraft", doing: doing)
      return error
    }
  }

  // MARK: Own tables

  private func writeReasons(
    of prepared: PreparedRound, _ ownTables: OwnTables, on connection: PostgresConnection
  ) throws(StorageError) {
    let failed = prepared.rows.filter { $0.detail != nil && $0.fate != .dropped }
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
      prepared, shard: shard, details: ownTables.hasRoundDetails, storedAt: .now())
    try connection.query(
      row.statement, row.values.map(\.value), doing: "store the round's statistics")
  }
}

extension String {
  /// The text as a reason: one line, bounded.
  fileprivate var asDetail: String { oneLine.limited(toBytes: 2_000) }
}
