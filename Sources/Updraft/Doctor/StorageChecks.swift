import Competition
import Settings
import GameSetup
import Logging
import ServiceRuntime
import Storage

/// The checks of what the database holds: sizes, dead rows, partitions, what waits for scoring and
/// for pruning.
///
/// They stay quick on large tables: the server's own counters, and queries that end after a number
/// of rows or of seconds.
struct StorageChecks {
  let database: DatabaseSettings
  let retention: RetentionLimits

  /// The longest that one query may take.
  private static let queryTimeout = Duration.seconds(2)
  /// Where counting ends.
  private static let countMax = 100_000
  /// The share of dead rows from which on a table is said to be bloated, if it is no small one.
  private static let deadShareMax = 0.2
  private static let deadCountMin = 10_000
  /// How long a prediction may be ready and not scored: four rounds of a score worker.
  private static let scoringDelayMax = Duration.seconds(3_600)
  /// How much later than its limit a row may go: pruning is part of scoring, or a daily job.
  private static let pruningDelayMax = Duration.seconds(2 * 86_400)
  /// How far ahead partitions must reach.
  private static let partitionsAheadMin = Duration.seconds(2 * 86_400)

  /// Runs the checks on a thread of their own; none when the database can't be reached, which
  /// another check tells.
  func rows() async -> [CheckRow] {
    let checks = self
    return await runBlocking { checks.examine(at: .now()) }
  }

  private func examine(at now: UTCTime) -> [CheckRow] {
    let logger = Logger(label: "doctor") { _ in SwiftLogNoOpLogHandler() }
    guard var configuration = try? DatabaseConfiguration(database) else { return [] }
    configuration.connectTimeout = .seconds(5)
    configuration.statementTimeout = Self.queryTimeout
    guard let connection = try? PostgresConnection(configuration, logger: logger) else { return [] }
    defer { connection.close() }
    // Without the tables there is nothing to look at: the check of the schema tells.
    guard (try? SchemaInspection(connection)) != nil else { return [] }
    var rows: [CheckRow] = []
    let checks: [(String, () throws(StorageError) -> [CheckRow])] = [
      ("size", { () throws(StorageError) in try sizes(connection) }),
      ("partitions", { () throws(StorageError) in [try partitions(connection, at: now)] }),
      ("scoring", { () throws(StorageError) in [try scoring(connection, at: now)] }),
      ("retention", { () throws(StorageError) in [try retention(connection, at: now)] }),
    ]
    for (name, check) in checks {
      do throws(StorageError) {
        rows += try check()
      } catch {
        rows.append(Self.unknown(name, error))
      }
    }
    return rows
  }

  // MARK: Sizes

  private func sizes(_ connection: PostgresConnection) throws(StorageError) -> [CheckRow] {
    let tables = try TableSize.all(connection)
    let total = tables.reduce(0) { $0 + $1.totalBytes }
    let largest = tables.prefix(3).map(Self.describe).joined(separator: "; ")
    let size = CheckRow.ok("size", "\(ByteCountText.describe(total)): \(largest)")
    return [size, bloat(of: tables, connection)]
  }

  private func bloat(of tables: [TableSize], _ connection: PostgresConnection) -> CheckRow {
    var isMeasured = false
    var bloated: [String] = []
    for table in tables where table.deadCount >= Self.deadCountMin {
      // What takes too long to measure is taken from the server's counters.
      let measured = try? TableSize.measuredDeadShare(of: table.name, connection)
      isMeasured = isMeasured || measured != nil
      let share = measured ?? table.deadShare
      guard share > Self.deadShareMax else { continue }
      bloated.append("\(table.name) (\(Int((share * 100).rounded())) %)")
    }
    guard !bloated.isEmpty else {
      return .ok("bloat", "few dead rows, by \(isMeasured ? "pgstattuple" : "the counters")")
    }
    return .warning(
      "bloat", "many dead rows: \(bloated.joined(separator: ", "))",
      remedy: "VACUUM (ANALYZE) them, and let autovacuum run more often "
        + "(ALTER TABLE … SET (autovacuum_vacuum_scale_factor = 0.02))")
  }

  private static func describe(_ table: TableSize) -> String {
    let rows = table.rowEstimate.map { "about \($0) rows, " } ?? ""
    return "\(table.name) \(ByteCountText.describe(table.totalBytes)) (\(rows)"
      + "values out of line \(ByteCountText.describe(table.toastBytes)), "
      + "indexes \(ByteCountText.describe(table.indexBytes)))"
  }

  // MARK: Partitions

  private func partitions(
    _ connection: PostgresConnection, at now: UTCTime
  ) throws(StorageError) -> CheckRow {
    let name = "partitions"
    let catalog = try PartitionCatalog(connection)
    guard catalog.isPartitioned else { return .ok(name, "none: predictions is one table") }
    let until = catalog.coveredUntil.map { String($0.iso8601.prefix(16)) } ?? "nowhere"
    let finding = "\(catalog.partitions.count), reaching to \(until)"
    let goal = now.advanced(by: Self.partitionsAheadMin)
    guard let covered = catalog.coveredUntil, covered >= goal else {
      return .warning(
        name, "\(finding), which is too near",
        remedy: "run `updraft prune` as the owner of predictions, it makes the coming ones")
    }
    if let leftover = catalog.leftovers.first {
      return .warning(
        name, "\(finding); \(leftover) is detached and not dropped yet",
        remedy: "run `updraft prune` as its owner")
    }
    guard let rest = catalog.defaultPartition else {
      return .warning(
        name, "\(finding), and no default one: a row without a partition can't be stored",
        remedy: "CREATE TABLE predictions_default PARTITION OF predictions DEFAULT")
    }
    let count = try catalog.defaultCount(connection, rowsMax: Self.countMax)
    guard count == 0 else {
      return .warning(
        name, "\(finding); \(Self.text(count)) rows are in \(rest.name)",
        remedy: "see docs/retention.md, or leave them: they are pruned row by row")
    }
    return .ok(name, finding)
  }

  // MARK: Backlogs

  private func scoring(
    _ connection: PostgresConnection, at now: UTCTime
  ) throws(StorageError) -> CheckRow {
    let name = "scoring"
    let backlog = try ScoringBacklog(connection, at: now, rowsMax: Self.countMax)
    guard let oldest = backlog.oldest else {
      return .ok(name, "no prediction waits to be scored")
    }
    let count = "\(backlog.isMore ? "at least " : "")\(backlog.readyCount)"
    let finding = "\(count) predictions wait to be scored, since \(oldest.iso8601.prefix(19))"
    guard now.since(oldest) > Self.scoringDelayMax else { return .ok(name, finding) }
    return .warning(
      name, finding, remedy: "see that a score worker runs; unscored predictions are never pruned")
  }

  private func retention(
    _ connection: PostgresConnection, at now: UTCTime
  ) throws(StorageError) -> CheckRow {
    let name = "retention"
    let delayed = now.advanced(by: .zero - Self.pruningDelayMax)
    let overdue = try Retention(connection, limits: retention)
      .forecast(at: delayed, rowsMax: Self.countMax).filter { $0.rows > 0 || $0.isPartition }
    guard !overdue.isEmpty else { return .ok(name, "nothing is kept longer than it should be") }
    let texts = overdue.map { forecast in
      forecast.isPartition
        ? "partition \(forecast.subject)" : "\(Self.text(forecast.rows)) of \(forecast.subject)"
    }
    return .warning(
      name, "kept for too long: \(texts.joined(separator: ", "))",
      remedy: "run `updraft prune`, also every day if no score worker runs")
  }

  private static func text(_ count: Int) -> String {
    count >= countMax ? "at least \(countMax)" : "\(count)"
  }

  private static func unknown(_ name: String, _ error: StorageError) -> CheckRow {
    let isSlow = error.sqlState == "57014"
    return .warning(
      name, isSlow ? "not known within \(queryTimeout.text)" : "\(error.doing): \(error.message)",
      remedy: isSlow
        ? "ANALYZE the tables; else look at the server's load and locks"
        : error.hint ?? "see the server's log")
  }
}
