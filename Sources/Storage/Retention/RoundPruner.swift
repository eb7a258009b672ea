import Competition

/// Deletes old rows of `updraft_rounds` for the storage thread, one batch at a time, so that a
/// round never waits for more than one of them.
struct RoundPruner {
  /// How long rows are kept.
  let keepsFor: Duration
  /// The rows of one batch.
  static let batchRowsMax = PrunedTable.rounds.batchRowsMax
  /// The time between two batches, for rounds and for the server.
  static let batchPause = PruningPace.pauseMin
  /// The time from one pruning to the next.
  static let interval = Duration.seconds(3_600)

  /// Deletes one batch of rows that were too old at `now`; rows that somebody else holds are left
  /// for the next time.
  ///
  /// - Returns: the number of rows deleted; less than `batchRowsMax` when nothing is left to do.
  func deleteBatch(
    on connection: PostgresConnection, at now: UTCTime
  ) throws(StorageError) -> Int {
    let table = PrunedTable.rounds
    let cutoff = now.advanced(by: .zero - keepsFor)
    return try AgedRows(table: table, relation: table.rawValue, cutoff: cutoff)
      .deleteBatch(on: connection, rowsMax: Self.batchRowsMax)
  }
}
