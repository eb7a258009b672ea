import Competition

/// Drops the partitions of `predictions` of which every row is scored and old.
///
/// A partition is first detached, then its reasons are deleted, then the table is dropped; each
/// step can be the last one for now, the next pruning goes on from there. While there is a default
/// partition PostgreSQL allows no `DETACH … CONCURRENTLY`: the plain one needs the table for a
/// moment, and gives up when it doesn't get it in `lockTimeout`.
struct PartitionDropper {
  private let connection: PostgresConnection
  /// Rows scored earlier are old.
  private let cutoff: UTCTime
  private let rights: PruningRights
  private let pace: PruningPace
  /// The longest wait for a lock, in which others queue behind it.
  static let lockTimeout = Duration.milliseconds(500)
  /// The longest that one step may take.
  private static let statementTimeout = Duration.seconds(5)
  /// How often a lock is tried for before it is left to the next pruning.
  private static let triesMax = 3

  init(
    _ connection: PostgresConnection, cutoff: UTCTime, rights: PruningRights, pace: PruningPace
  ) {
    self.connection = connection
    self.cutoff = cutoff
    self.rights = rights
    self.pace = pace
  }

  /// Drops what can be dropped; what can't is a problem in the report.
  func dropAll(
    _ report: inout RetentionReport, onProgress: (RetentionReport) -> Void
  ) throws(StorageError) {
    var catalog = try PartitionCatalog(connection)
    let isConcurrent = catalog.defaultPartition == nil
    for partition in catalog.partitions where mayBeOld(partition) {
      let isBusy = try step(&report) { () throws(StorageError) in
        try detach(partition, isConcurrent: isConcurrent)
      }
      // Whoever holds the table holds it for the next partition too.
      if isBusy { break }
    }
    catalog = try PartitionCatalog(connection)
    guard let schema = catalog.schema else { return }
    for name in catalog.leftovers {
      var dropped: RetentionReport.DroppedPartition?
      _ = try step(&report) { () throws(StorageError) in
        dropped = try drop(name, in: schema)
      }
      if let dropped {
        report.droppedPartitions.append(dropped)
        onProgress(report)
      }
    }
  }

  /// The partitions that would be dropped now, with their sizes.
  func forecast() throws(StorageError) -> [RetentionForecast] {
    let catalog = try PartitionCatalog(connection)
    var forecasts: [RetentionForecast] = []
    let doing = "look at the partitions of predictions"
    for partition in catalog.partitions where mayBeOld(partition) {
      guard try isDone(partition.qualifiedName, doing: doing) else { continue }
      let rows = try connection.query(
        """
        SELECT greatest(reltuples, 0)::int8, pg_total_relation_size(oid) FROM pg_class
        WHERE oid = to_regclass($1)
        """, [.text(partition.qualifiedName)], doing: doing)
      guard let row = rows.first else { continue }
      forecasts.append(
        RetentionForecast(
          subject: partition.name, rows: try row.int(0), oldest: partition.from,
          bytes: try row.int(1), isPartition: true))
    }
    return forecasts
  }

  /// Whether all that the partition can hold was asked before the cutoff, and so may be old.
  private func mayBeOld(_ partition: Partition) -> Bool {
    guard partition.isLeaf, !partition.isDefault, let until = partition.until else { return false }
    return until <= cutoff
  }

  /// Runs one step, some times when a lock is not to be had; a refusal becomes a problem.
  ///
  /// - Returns: whether it was given up for a lock or for its time.
  private func step(
    _ report: inout RetentionReport, _ body: () throws(StorageError) -> Void
  ) throws(StorageError) -> Bool {
    var tries = 0
    while true {
      tries += 1
      do throws(StorageError) {
        _ = try pace.run(body)
        return false
      } catch {
        guard !error.endsConnection else { throw error }
        guard error.wasTooSlow, tries < Self.triesMax else {
          report.problems.append(error)
          return error.wasTooSlow
        }
      }
    }
  }

  /// Whether every row of a table is scored, and was before the cutoff; both by the index.
  private func isDone(_ relation: String, doing: String) throws(StorageError) -> Bool {
    let rows = try connection.query(
      """
      SELECT NOT EXISTS (SELECT FROM \(relation) WHERE score_scored_at IS NULL)
        AND NOT EXISTS (SELECT FROM \(relation) WHERE score_scored_at >= $1)
      """, [.time(cutoff)], doing: doing)
    return try rows.first?.bool(0) ?? false
  }

  // MARK: Detach

  private func detach(_ partition: Partition, isConcurrent: Bool) throws(StorageError) {
    let doing = "detach the partition \(partition.name)"
    if partition.isDetaching { return try finishDetaching(partition, doing: doing) }
    guard try isDone(partition.qualifiedName, doing: doing) else { return }
    if isConcurrent { return try detachConcurrently(partition, doing: doing) }
    try short(doing: doing) { () throws(StorageError) in
      // In the order in which a round takes them, or each would wait for the other.
      try connection.execute(
        """
        LOCK TABLE models IN SHARE ROW EXCLUSIVE MODE;
        ALTER TABLE predictions DETACH PARTITION \(partition.qualifiedName)
        """, doing: doing)
      // Nobody writes to it from here on. A row may have come since it was looked at.
      guard try isDone(partition.qualifiedName, doing: doing) else {
        throw StorageError(
          .statement, "a row came meanwhile that is not scored or not old", doing: doing,
          hint: "the next pruning tries again")
      }
      try markAsLeftover(partition, doing: doing)
    }
  }

  /// Without any lock that readers or writers would meet; not in a transaction, so that a half
  /// done one is finished by the next pruning.
  private func detachConcurrently(_ partition: Partition, doing: String) throws(StorageError) {
    try connection.execute(
      "SET lock_timeout TO \(Self.statementTimeout.milliseconds)", doing: doing)
    defer { restoreLockTimeout() }
    try connection.execute(
      "ALTER TABLE predictions DETACH PARTITION \(partition.qualifiedName) CONCURRENTLY",
      doing: doing)
    try markAsLeftover(partition, doing: doing)
  }

  private func finishDetaching(_ partition: Partition, doing: String) throws(StorageError) {
    try short(doing: doing) { () throws(StorageError) in
      try connection.execute(
        "ALTER TABLE predictions DETACH PARTITION \(partition.qualifiedName) FINALIZE",
        doing: doing)
      try markAsLeftover(partition, doing: doing)
    }
  }

  private func markAsLeftover(_ partition: Partition, doing: String) throws(StorageError) {
    try connection.execute(
      "COMMENT ON TABLE \(partition.qualifiedName) IS '\(PartitionCatalog.leftoverComment)'",
      doing: doing)
  }

  private func restoreLockTimeout() {
    let usual = connection.configuration.lockTimeout.milliseconds
    // A session that can't take this one is of no use for anything else either.
    do throws(StorageError) {
      try connection.execute("SET lock_timeout TO \(usual)", doing: "restore the lock timeout")
    } catch {
      connection.close()
    }
  }

  // MARK: Drop

  /// Deletes the reasons of a detached partition's rows, then the partition; nil when stopped.
  private func drop(
    _ name: String, in schema: String
  ) throws(StorageError) -> RetentionReport.DroppedPartition? {
    let doing = "drop the detached partition \(name)"
    let rows = try connection.query(
      "SELECT format('%s.%I', $1::text, $2::text)", [.text(schema), .text(name)], doing: doing)
    guard let relation = try rows.first?.text(0) else { return nil }
    guard try isDone(relation, doing: doing) else {
      throw StorageError(
        .schema, "it has rows that are not scored or not old", doing: doing,
        hint: "attach it again (ALTER TABLE predictions ATTACH PARTITION \(relation) FOR VALUES …)")
    }
    if rights.deletesReasons {
      guard try deleteReasons(of: relation, doing: doing) else { return nil }
    }
    let sizes = try connection.query(
      "SELECT pg_total_relation_size(to_regclass($1))", [.text(relation)], doing: doing)
    let bytes = try sizes.first?.int(0) ?? 0
    try short(doing: doing) { () throws(StorageError) in
      // The reference to models goes too, which needs that table for a moment.
      try connection.execute(
        "LOCK TABLE models IN ACCESS EXCLUSIVE MODE; DROP TABLE \(relation)", doing: doing)
    }
    return RetentionReport.DroppedPartition(name: name, bytes: bytes)
  }

  /// Page by page; false when pruning is to stop.
  private func deleteReasons(of relation: String, doing: String) throws(StorageError) -> Bool {
    var last = ""
    while true {
      let after = last
      let page = try pace.run { () throws(StorageError) in
        try short(doing: doing) { () throws(StorageError) in
          try connection.query(
            """
            WITH page AS MATERIALIZED (
                SELECT id FROM \(relation) WHERE id > $1 AND status <> 'SUCCESS'
                ORDER BY id LIMIT $2),
              gone AS (
                DELETE FROM updraft_failures WHERE prediction_id IN (SELECT id FROM page))
            SELECT max(id) FROM page HAVING count(*) = $2
            """, [.text(after), .int(ReasonSweep.pageRowsMax)], doing: doing)
        }
      }
      guard let page else { return false }
      guard let row = page.first else { return true }
      last = try row.text(0)
    }
  }

  private func short<Result>(
    doing: String, _ body: () throws(StorageError) -> Result
  ) throws(StorageError) -> Result {
    try connection.shortTransaction(
      statementTimeout: Self.statementTimeout, lockTimeout: Self.lockTimeout, doing: doing, body)
  }
}
