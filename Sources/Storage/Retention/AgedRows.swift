import Competition

/// The rows of one table (or of one partition) that are older than a limit: counted, and deleted
/// batch by batch, each in a short transaction of its own.
struct AgedRows {
  let table: PrunedTable
  /// The table's or partition's name as SQL takes it.
  let relation: String
  /// Rows whose age column is earlier are old.
  let cutoff: UTCTime

  /// A batch that takes longer is given up: something else is wrong then.
  static let batchTimeout = Duration.seconds(2)
  /// The longest that a batch waits for a lock of the table; locked rows are never waited for.
  static let lockTimeout = Duration.milliseconds(500)
  /// The rows by whose size that of all is estimated.
  private static let sampleRowsMax = 100

  /// Deletes one batch, the oldest rows first; rows that somebody else holds are left for the next
  /// time.
  ///
  /// - Parameters:
  ///   - connection: a session without an open transaction.
  ///   - rowsMax: the rows of the batch.
  ///   - withReasons: whether the rows of `updraft_failures` go with their predictions.
  /// - Returns: the number of rows deleted; less than `rowsMax` when nothing is left to do.
  /// - Throws: `StorageError`; nothing is deleted then.
  func deleteBatch(
    on connection: PostgresConnection, rowsMax: Int, withReasons: Bool = false
  ) throws(StorageError) -> Int {
    guard let age = table.ageColumn else { return 0 }
    let doing = "prune \(table.rawValue)"
    let reasons =
      withReasons
      ? ", reasons AS (DELETE FROM updraft_failures WHERE prediction_id IN (SELECT id FROM gone))"
      : ""
    return try connection.shortTransaction(
      statementTimeout: Self.batchTimeout, lockTimeout: Self.lockTimeout, doing: doing
    ) { () throws(StorageError) in
      let rows = try connection.query(
        """
        WITH gone AS (DELETE FROM \(relation) WHERE ctid = ANY(ARRAY(
            SELECT ctid FROM \(relation) WHERE \(age) < $1
            ORDER BY \(age) LIMIT $2 FOR UPDATE SKIP LOCKED))
          RETURNING \(withReasons ? "id" : "1"))\(reasons)
        SELECT count(*) FROM gone
        """, [.time(cutoff), .int(rowsMax)], doing: doing)
      return try rows.first?.int(0) ?? 0
    }
  }

  /// Counts up to `rowsMax` of the rows and estimates their bytes by a sample of the oldest.
  func count(
    on connection: PostgresConnection, rowsMax: Int
  ) throws(StorageError) -> RetentionForecast {
    let doing = "count the old rows of \(table.rawValue)"
    guard let age = table.ageColumn else { return RetentionForecast(subject: table.rawValue) }
    let counted = try connection.query(
      """
      SELECT count(*), min(age) FROM (
        SELECT \(age) AS age FROM \(relation) WHERE \(age) < $1 ORDER BY \(age) LIMIT $2) AS old
      """, [.time(cutoff), .int(rowsMax)], doing: doing)
    guard let row = counted.first else { return RetentionForecast(subject: table.rawValue) }
    let count = try row.int(0)
    let rowBytes = count == 0 ? 0 : try sampledRowBytes(age, on: connection, doing: doing)
    return RetentionForecast(
      subject: table.rawValue, rows: count, isMore: count == rowsMax,
      oldest: try row.optional(1, row.time), bytes: Int((Double(count) * rowBytes).rounded()))
  }

  /// The mean size of the oldest rows as they are stored, compressed; out-of-line values count,
  /// without being read.
  private func sampledRowBytes(
    _ age: String, on connection: PostgresConnection, doing: String
  ) throws(StorageError) -> Double {
    let columns = try connection.query(
      """
      SELECT coalesce(string_agg(format('coalesce(pg_column_size(%I), 0)', attname), ' + '), '0')
      FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped
      """, [.text(relation)], doing: doing)
    let size = try columns.first?.text(0) ?? "0"
    // 28 bytes: the row's header and its place in the page.
    let sampled = try connection.query(
      """
      SELECT coalesce(avg(size + 28), 0)::float8 FROM (
        SELECT \(size) AS size FROM \(relation) WHERE \(age) < $1
        ORDER BY \(age) LIMIT \(Self.sampleRowsMax)) AS sample
      """, [.time(cutoff)], doing: doing)
    return try sampled.first?.double(0) ?? 0
  }
}

extension PostgresConnection {
  /// A transaction whose statements and waits for locks are bounded closely.
  func shortTransaction<Result>(
    statementTimeout: Duration, lockTimeout: Duration, doing: String,
    _ body: () throws(StorageError) -> Result
  ) throws(StorageError) -> Result {
    try transaction(doing: doing) { () throws(StorageError) in
      try execute(
        """
        SET LOCAL statement_timeout TO \(statementTimeout.milliseconds);
        SET LOCAL lock_timeout TO \(lockTimeout.milliseconds)
        """, doing: doing)
      return try body()
    }
  }
}
