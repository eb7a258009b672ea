public import Competition

/// Deletes what is older than its limit, and keeps the partitions of `predictions` ahead.
///
/// It never locks writers out: rows go in small batches, each in a transaction of its own with
/// short timeouts, that skip what others hold; between two batches it rests for as long as the
/// last one took. Of a partitioned `predictions`, a partition is dropped once all of it is scored
/// and old; row by row go only the default partition and those that linger because a few of their
/// rows were never scored. Unscored predictions are never deleted.
///
/// Everything is done on the caller's thread. It may be run at any time, from several places at
/// once, and be stopped after any batch: what is left goes the next time.
public struct Retention {
  private let connection: PostgresConnection
  private let limits: RetentionLimits
  private let pauseMin: Duration
  /// How long a partition is waited for to be wholly scored before its rows go one by one: a day's
  /// horizon, a weekend without the score worker, and a week's partition.
  static let lingering = Duration.seconds(7 * 86_400)
  /// A batch that takes too long is tried with fewer rows, down to this.
  private static let batchRowsMin = 10

  /// A pruning on `connection`, which it needs for itself.
  public init(_ connection: PostgresConnection, limits: RetentionLimits = RetentionLimits()) {
    self.init(connection, limits: limits, pauseMin: PruningPace.pauseMin)
  }

  init(_ connection: PostgresConnection, limits: RetentionLimits, pauseMin: Duration) {
    self.connection = connection
    self.limits = limits
    self.pauseMin = pauseMin
  }

  /// Deletes what was too old at `now`.
  ///
  /// - Parameters:
  ///   - now: the time against which the limits are held.
  ///   - sweepsReasons: whether all of `updraft_failures` is looked through for reasons whose
  ///     prediction somebody else deleted; once a day is enough.
  ///   - isStopped: asked before each batch and every 50 ms; true ends the pruning.
  ///   - onProgress: called after each batch with what has been done so far.
  /// - Returns: what was done, with what could not be.
  /// - Throws: `StorageError` only when the session breaks or the catalogue can't be read.
  public func prune(
    at now: UTCTime, sweepsReasons: Bool = true, isStopped: @escaping () -> Bool = { false },
    onProgress: (RetentionReport) -> Void = { _ in }
  ) throws(StorageError) -> RetentionReport {
    var report = RetentionReport()
    let pace = PruningPace(pauseMin: pauseMin, isStopped: isStopped)
    let rights = try PruningRights(connection)
    if rights.tables.contains(.predictions) {
      let made = try PartitionMaker(connection).makeAhead(at: now)
      report.madePartitions = made.names
      if let reason = made.reason { report.problems.append(reason) }
      let dropper = PartitionDropper(
        connection, cutoff: cutoff(of: .predictions, at: now), rights: rights, pace: pace)
      try dropper.dropAll(&report, onProgress: onProgress)
    }
    for rows in try agedRows(rights, at: now) {
      try delete(rows, rights, pace: pace, &report, onProgress: onProgress)
    }
    if sweepsReasons, rights.deletesReasons, rights.tables.contains(.predictions) {
      let sweep = ReasonSweep(connection, before: cutoff(of: .reasons, at: now), pace: pace)
      try tolerating(&report) { report throws(StorageError) in
        try sweep.run(&report, onProgress: onProgress)
      }
    }
    report.wasStopped = isStopped()
    return report
  }

  /// What `prune` would delete, per table and partition; changes nothing.
  ///
  /// - Parameters:
  ///   - now: the time against which the limits are held.
  ///   - rowsMax: where counting ends, for each table.
  /// - Returns: one entry for each table and for each partition that would be dropped.
  /// - Throws: `StorageError`, among others when counting takes longer than a statement may.
  public func forecast(
    at now: UTCTime, rowsMax: Int = .max
  ) throws(StorageError) -> [RetentionForecast] {
    let rights = try PruningRights(connection)
    let cutoff = cutoff(of: .predictions, at: now)
    let pace = PruningPace(pauseMin: .zero, isStopped: { false })
    var forecasts: [RetentionForecast] = []
    if rights.tables.contains(.predictions) {
      let dropper = PartitionDropper(connection, cutoff: cutoff, rights: rights, pace: pace)
      forecasts += try dropper.forecast()
    }
    for rows in try agedRows(rights, at: now) {
      let found = try rows.count(on: connection, rowsMax: rowsMax)
      if let index = forecasts.firstIndex(where: { $0.subject == found.subject }) {
        forecasts[index] = forecasts[index].adding(found)
      } else {
        forecasts.append(found)
      }
    }
    return forecasts
  }

  private func cutoff(of table: PrunedTable, at now: UTCTime) -> UTCTime {
    now.advanced(by: .zero - limits.limit(of: table))
  }

  /// What goes row by row, in the order in which it goes.
  private func agedRows(
    _ rights: PruningRights, at now: UTCTime
  ) throws(StorageError) -> [AgedRows] {
    var all: [AgedRows] = []
    for table in PrunedTable.allCases where rights.tables.contains(table) && table != .reasons {
      let relations = table == .predictions ? try predictionTables(at: now) : [table.rawValue]
      all += relations.map {
        AgedRows(table: table, relation: $0, cutoff: cutoff(of: table, at: now))
      }
    }
    return all
  }

  private func predictionTables(at now: UTCTime) throws(StorageError) -> [String] {
    let catalog = try PartitionCatalog(connection)
    guard catalog.isPartitioned else { return [PrunedTable.predictions.rawValue] }
    let lingering = cutoff(of: .predictions, at: now).advanced(by: .zero - Self.lingering)
    return catalog.partitions.filter { partition in
      guard !partition.isDefault, partition.isLeaf, let until = partition.until else { return true }
      return until < lingering && !partition.isDetaching
    }.map(\.qualifiedName)
  }

  private func delete(
    _ rows: AgedRows, _ rights: PruningRights, pace: PruningPace, _ report: inout RetentionReport,
    onProgress: (RetentionReport) -> Void
  ) throws(StorageError) {
    let withReasons = rows.table == .predictions && rights.deletesReasons
    var rowsMax = rows.table.batchRowsMax
    while true {
      do throws(StorageError) {
        let count = try pace.run { () throws(StorageError) in
          try rows.deleteBatch(on: connection, rowsMax: rowsMax, withReasons: withReasons)
        }
        guard let count else { return }
        report.add(count, of: rows.table)
        if count > 0 { onProgress(report) }
        if count < rowsMax { return }
      } catch {
        guard !error.endsConnection else { throw error }
        guard error.wasTooSlow, rowsMax > Self.batchRowsMin else {
          report.problems.append(error)
          return
        }
        rowsMax = max(Self.batchRowsMin, rowsMax / 4)
      }
    }
  }

  /// Runs `body`; what the server refuses becomes a problem of the report.
  private func tolerating(
    _ report: inout RetentionReport,
    _ body: (inout RetentionReport) throws(StorageError) -> Void
  ) throws(StorageError) {
    do throws(StorageError) {
      try body(&report)
    } catch {
      guard !error.endsConnection else { throw error }
      report.problems.append(error)
    }
  }
}

extension StorageError {
  /// Whether a smaller piece of work may succeed: a timeout, a lock that was not to be had, a
  /// deadlock.
  var wasTooSlow: Bool { ["57014", "55P03", "40P01"].contains(sqlState) }
}
