import Competition

/// Deletes reasons of predictions that somebody else deleted: the Condor score worker prunes too,
/// and knows nothing of reasons.
///
/// `updraft_failures` has no time; that of a prediction stands at the end of its id. The table is
/// walked in the order of its key, a page at a time.
struct ReasonSweep {
  private let connection: PostgresConnection
  /// Reasons of predictions asked later are left alone.
  private let cutoff: UTCTime
  private let pace: PruningPace
  /// The reasons of one page, some 10 ms.
  static let pageRowsMax = 5_000

  init(_ connection: PostgresConnection, before cutoff: UTCTime, pace: PruningPace) {
    self.connection = connection
    self.cutoff = cutoff
    self.pace = pace
  }

  func run(
    _ report: inout RetentionReport, onProgress: (RetentionReport) -> Void
  ) throws(StorageError) {
    var last = ""
    while true {
      let after = last
      let page = try pace.run { () throws(StorageError) in try sweepPage(after: after) }
      guard let page else { return }
      report.add(page.deletedCount, of: .reasons)
      if page.deletedCount > 0 { onProgress(report) }
      guard page.rowCount == Self.pageRowsMax, let next = page.last else { return }
      last = next
    }
  }

  private func sweepPage(
    after last: String
  ) throws(StorageError) -> (rowCount: Int, last: String?, deletedCount: Int) {
    let doing = "prune updraft_failures"
    return try connection.shortTransaction(
      statementTimeout: AgedRows.batchTimeout, lockTimeout: AgedRows.lockTimeout, doing: doing
    ) { () throws(StorageError) in
      let rows = try connection.query(
        """
        WITH page AS MATERIALIZED (
            SELECT prediction_id AS id FROM updraft_failures WHERE prediction_id > $1
            ORDER BY prediction_id LIMIT $2),
          old AS MATERIALIZED (
            SELECT id FROM page
            WHERE id ~ '_\\d{8}_\\d{6}\\.\\d{3}$' AND right(id, 19) COLLATE "C" < $3),
          gone AS (
            DELETE FROM updraft_failures WHERE prediction_id IN (
              SELECT id FROM old
              WHERE NOT EXISTS (SELECT FROM predictions AS p WHERE p.id = old.id))
            RETURNING 1)
        SELECT (SELECT count(*) FROM page), (SELECT max(id) FROM page), (SELECT count(*) FROM gone)
        """, [.text(last), .int(Self.pageRowsMax), .text(cutoff.compactMilliseconds)],
        doing: doing)
      guard let row = rows.first else { return (0, nil, 0) }
      return (try row.int(0), try row.optional(1, row.text), try row.int(2))
    }
  }
}
