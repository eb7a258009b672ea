public import Competition
public import Storage

/// Reads predictions, and writes their scores, in bounded batches: a batch's rows are locked, and
/// those that another worker holds are passed over, so that several can share the work.
public struct ScoreBatch {
  private let connection: PostgresConnection
  private let timeType: TimeColumnType
  private static let doing = "score predictions"
  /// The longest reason that is stored, bytes.
  public static let reasonBytesMax = 500
  /// The longest silence of the server while rows are read.
  private static let silenceMax = Duration.seconds(60)

  /// Batches on `connection`, whose tables have times of `timeType`.
  public init(_ connection: PostgresConnection, timeType: TimeColumnType) {
    self.connection = connection
    self.timeType = timeType
  }

  /// Locks and reads up to `rowsMax` predictions of `rounds`, one after another; to be called in
  /// the transaction that stores their scores.
  ///
  /// - Parameters:
  ///   - rounds: of which rounds; at most some hundred, they become part of the statement.
  ///   - selection: which of their predictions.
  ///   - rowsMax: the largest number of rows.
  ///   - isStopped: asked before each row; true ends the reading.
  ///   - body: takes a prediction, whose bytes are gone when it returns.
  /// - Returns: the number of predictions.
  /// - Throws: `StorageError`, of code `stopped` when `isStopped` said so; what `body` throws. The
  ///   session is closed then.
  public func read(
    _ rounds: [ReadyRound], _ selection: RoundSelection, rowsMax: Int,
    isStopped: () -> Bool = { false }, _ body: (ScorablePrediction) throws -> Void
  ) throws -> Int {
    guard !rounds.isEmpty else { return 0 }
    // Reading takes as long as scoring does; it is the silence that is bounded.
    try connection.execute("SET LOCAL statement_timeout TO 0", doing: Self.doing)
    let keys = try rounds.map { try key(of: $0) }.joined(separator: ", ")
    let statement = """
      COPY (SELECT \(ScorablePrediction.columns) FROM predictions AS p
        WHERE (p.asset, p.horizon, p.step, p.performed_at, p.resolvable_at) IN (\(keys))
          AND \(selection.condition)
        LIMIT \(rowsMax) FOR NO KEY UPDATE SKIP LOCKED) TO STDOUT (FORMAT binary)
      """
    return try copy(statement, isStopped: isStopped, body)
  }

  /// Reads one prediction, without a lock.
  ///
  /// - Returns: whether there is one of that id.
  public func read(id: String, _ body: (ScorablePrediction) throws -> Void) throws -> Bool {
    let literal = try connection.literal(id, doing: Self.doing)
    let statement = """
      COPY (SELECT \(ScorablePrediction.columns) FROM predictions AS p WHERE p.id = \(literal))
      TO STDOUT (FORMAT binary)
      """
    return try copy(statement, isStopped: { false }, body) > 0
  }

  private func copy(
    _ statement: String, isStopped: () -> Bool, _ body: (ScorablePrediction) throws -> Void
  ) throws -> Int {
    var rows = BinaryRows(doing: Self.doing)
    var count = 0
    _ = try connection.copyOut(
      statement, doing: Self.doing, silenceMax: Self.silenceMax, isStopped: isStopped
    ) { message in
      try rows.take(message) { fields in
        guard let prediction = ScorablePrediction(fields: fields) else {
          throw StorageError(
            .unexpectedAnswer, "a row of predictions has other types than expected",
            doing: Self.doing, hint: "compare the table with the one that `updraft init-db` makes")
        }
        count += 1
        try body(prediction)
      }
    }
    return count
  }

  /// Writes the scores of predictions that this transaction has locked.
  ///
  /// - Parameters:
  ///   - updates: one for each prediction.
  ///   - time: `score_scored_at`.
  /// - Throws: `StorageError`; `unexpectedAnswer` when not each of them met one row.
  public func store(_ updates: [ScoreUpdate], at time: UTCTime) throws(StorageError) {
    guard !updates.isEmpty else { return }
    let rows = try connection.query(
      """
      UPDATE predictions AS p SET score_value = nullif(u.value, '')::float8,
        score_success = u.reason = '', score_failed_reason = nullif(u.reason, ''),
        score_scored_at = $5
      FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS u (id, at, value, reason)
      WHERE p.id = u.id AND p.performed_at = u.at::\(timeType.rawValue)
      """,
      [
        .texts(updates.map(\.id)), .texts(updates.map(\.performedAt.iso8601)),
        .texts(updates.map { $0.value.map(Self.text) ?? "" }),
        .texts(updates.map { $0.failedReason.map(Self.shortened) ?? "" }), .time(time),
      ], doing: Self.doing)
    guard rows.affectedCount == updates.count else {
      throw StorageError(
        .unexpectedAnswer,
        "\(updates.count) scores met \(rows.affectedCount) rows of predictions",
        doing: Self.doing)
    }
  }

  /// Adding 0 makes 0 of -0, which would sort and print oddly.
  private static func text(_ value: Double) -> String { "\(value + 0)" }

  private static func shortened(_ reason: String) -> String {
    (reason.isEmpty ? "failed" : reason).limited(toBytes: reasonBytesMax)
  }

  private func key(of round: ReadyRound) throws(StorageError) -> String {
    let asset = try connection.literal(round.params.asset, doing: Self.doing)
    return "(\(asset), \(round.params.horizonSeconds), \(round.params.stepSeconds), "
      + "'\(round.performedAt.iso8601)'::\(timeType.rawValue), "
      + "'\(round.resolvableAt.iso8601)'::\(timeType.rawValue))"
  }
}
