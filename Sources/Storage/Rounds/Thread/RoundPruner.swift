import Competition

/// Deletes old rows of `updraft_rounds` in small batches, each a transaction of its own, so that a
/// round never waits for more than one of them.
struct RoundPruner {
  /// How long rows are kept.
  let keepsFor: Duration
  /// The rows of one batch: some milliseconds, with 6 chunks of out-of-line outcomes a row.
  static let batchRowsMax = 200
  /// The time between two batches, for rounds and for the server.
  static let batchPause = Duration.milliseconds(50)
  /// The time from one pruning to the next.
  static let interval = Duration.seconds(3_600)
  /// A batch that takes longer is given up: something else is wrong then.
  private static let batchTimeout = "2s"

  /// Deletes one batch of rows that were too old at `now`; rows that somebody else holds are left
  /// for the next time.
  ///
  /// - Returns: the number of rows deleted; less than `batchRowsMax` when nothing is left to do.
  func deleteBatch(
    on connection: PostgresConnection, at now: UTCTime
  ) throws(StorageError) -> Int {
    let doing = "prune updraft_rounds"
    return try connection.transaction(doing: doing) { () throws(StorageError) in
      try connection.execute(
        "SET LOCAL statement_timeout TO '\(Self.batchTimeout)'", doing: doing)
      return try connection.query(
        """
        DELETE FROM updraft_rounds WHERE ctid = ANY(ARRAY(
          SELECT ctid FROM updraft_rounds WHERE performed_at < $1
          ORDER BY performed_at LIMIT $2 FOR UPDATE SKIP LOCKED))
        """, [.time(now.advanced(by: .zero - keepsFor)), .int(Self.batchRowsMax)], doing: doing
      ).affectedCount
    }
  }
}
