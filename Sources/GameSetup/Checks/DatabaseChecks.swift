import Competition
public import Settings
import Logging
public import ServiceRuntime
import Storage

/// The checks of PostgreSQL: reachable, new enough, the tables, the rights, the clock.
public struct DatabaseChecks {
  /// What the checks found.
  public struct Findings: Sendable {
    /// The rows of the table.
    public var rows: [CheckRow] = []
    /// The assets that are asked for; nil when the table can't be read.
    public var assets: [String]?
  }

  /// The clock difference from which on it is told, seconds.
  private static let clockSecondsMax = 1.0

  private let settings: DatabaseSettings

  /// Checks of the database that the settings name.
  public init(_ settings: DatabaseSettings) { self.settings = settings }

  /// Runs the checks on a thread of their own.
  public func run() async -> Findings {
    let settings = settings
    return await runBlocking { Self.examine(settings) }
  }

  private static func examine(_ settings: DatabaseSettings) -> Findings {
    var findings = Findings()
    let connection: PostgresConnection
    do throws(StorageError) {
      var configuration = try DatabaseConfiguration(settings)
      configuration.connectTimeout = .seconds(5)
      let logger = Logger(label: "doctor") { _ in SwiftLogNoOpLogHandler() }
      connection = try PostgresConnection(configuration, logger: logger)
    } catch {
      findings.rows.append(failure("database", error))
      return findings
    }
    defer { connection.close() }
    let version = connection.serverVersionText
    findings.rows.append(
      .ok("database", "PostgreSQL \(version) at \(connection.configuration.summary)"))
    let checks: [(String, (PostgresConnection) throws(StorageError) -> CheckRow)] = [
      ("schema", schema), ("rights", rights), ("compression", compression), ("clock", clock),
    ]
    for (name, check) in checks {
      do throws(StorageError) {
        findings.rows.append(try check(connection))
      } catch {
        findings.rows.append(failure(name, error))
      }
    }
    do throws(StorageError) {
      let configs = try PredictionConfigTable(connection).loadActive()
      findings.assets = Set(configs.map(\.params.asset)).sorted()
      findings.rows.append(configsRow(configs))
    } catch {
      findings.rows.append(failure("configs", error))
    }
    return findings
  }

  private static func schema(_ connection: PostgresConnection) throws(StorageError) -> CheckRow {
    let inspection = try SchemaInspection(connection)
    let form = inspection.isPartitioned ? ", predictions is partitioned" : ""
    return .ok(
      "schema", "the tables fit; their times are \(inspection.timeColumnType.rawValue)\(form)")
  }

  private static func rights(_ connection: PostgresConnection) throws(StorageError) -> CheckRow {
    let rows = try connection.query(
      """
      SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::bool,
        coalesce(has_table_privilege(to_regclass('predictions'), 'SELECT, INSERT'), false),
        coalesce(has_table_privilege(to_regclass('models'), 'SELECT, INSERT, UPDATE'), false),
        coalesce(has_table_privilege(to_regclass('prediction_configs'), 'SELECT'), false)
      """, doing: "look at the role's rights")
    guard let row = rows.first else {
      throw StorageError(.unexpectedAnswer, "no row", doing: "look at the role's rights")
    }
    if try row.bool(0) {
      return .failure(
        "rights", "the server or the role is read-only",
        remedy: "connect to the primary, as a role that writes")
    }
    var missing: [String] = []
    for (column, table) in ["predictions", "models", "prediction_configs"].enumerated()
    where try !row.bool(column + 1) {
      missing.append(table)
    }
    guard missing.isEmpty else {
      return .failure(
        "rights", "the role can't use \(missing.joined(separator: ", "))",
        remedy: "run `updraft init-db`, or let the owner GRANT SELECT, INSERT, UPDATE")
    }
    let own = try SchemaInitializer(connection).ownTables()
    guard own.hasFailures, own.hasRounds else {
      return .warning(
        "rights", "Updraft's own tables are missing or can't be written: no reasons, no rounds",
        remedy: "run `updraft init-db` as the owner of the database")
    }
    guard own.hasRoundDetails else {
      return .warning(
        "rights", "updraft_rounds is of an older version: it gets no details of rounds",
        remedy: "run `updraft init-db` as the owner of the table")
    }
    return .ok("rights", "the role can read and write what it must")
  }

  private static func compression(
    _ connection: PostgresConnection
  ) throws(StorageError) -> CheckRow {
    let rows = try connection.query(
      """
      SELECT coalesce((SELECT 'lz4' = ANY (enumvals) FROM pg_settings
          WHERE name = 'default_toast_compression'), false)
      """, doing: "look at the compression of predictions.distributions")
    guard let row = rows.first, try row.bool(0) else {
      return .warning(
        "compression", "the server was built without lz4: storing is several times slower",
        remedy: "use a PostgreSQL with lz4, as all distributions build it")
    }
    let tables = try DistributionsCompression.tables(connection)
    guard !tables.isEmpty else {
      return .warning(
        "compression", "predictions.distributions is missing", remedy: "run `updraft init-db`")
    }
    guard let other = tables.first(where: { !$0.isLZ4 }) else { return .ok("compression", "lz4") }
    return .warning(
      "compression",
      "distributions of \(other.qualifiedName) isn't lz4: storing is several times slower",
      remedy: "run `updraft init-db` as the owner of the table")
  }

  private static func clock(_ connection: PostgresConnection) throws(StorageError) -> CheckRow {
    let before = UTCTime.now()
    let rows = try connection.query(
      "SELECT extract(epoch FROM clock_timestamp())::float8", doing: "read the server's clock")
    let after = UTCTime.now()
    let middle = Double(before.microsecondsSinceEpoch + after.microsecondsSinceEpoch) / 2e6
    let seconds = (try rows.first?.double(0) ?? middle) - middle
    let millis = Int((abs(seconds) * 1_000).rounded())
    guard abs(seconds) > clockSecondsMax else {
      return .ok("clock", "the server's is \(millis) ms \(seconds < 0 ? "behind" : "ahead")")
    }
    return .warning(
      "clock", "the server's is \(millis) ms \(seconds < 0 ? "behind" : "ahead") of this machine's",
      remedy: "synchronise both clocks (chrony, systemd-timesyncd)")
  }

  private static func configsRow(_ configs: [PredictionConfig]) -> CheckRow {
    guard !configs.isEmpty else {
      return .warning(
        "configs", "no prediction config is active: nothing is asked",
        remedy: "add one with `updraft configs add`, or resume one")
    }
    let assets = Set(configs.map(\.params.asset)).sorted().joined(separator: ", ")
    return .ok("configs", "\(configs.count) active, of \(assets)")
  }

  private static func failure(_ name: String, _ error: StorageError) -> CheckRow {
    .failure(
      name, "\(error.doing): \(error.message)" + (error.sqlState.map { " [\($0)]" } ?? ""),
      remedy: error.hint ?? "see the server's log")
  }
}
