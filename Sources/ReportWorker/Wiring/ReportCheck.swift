import ArgumentParser
import Settings
import Logging
import ServiceRuntime
import Storage

/// `report-worker --check`: everything that a report needs, as a table.
struct ReportCheck {
  private static let condorTables = [
    "models", "predictions", "model_score_snapshots", "leaderboards",
  ]
  private static let ownTables = ["updraft_rounds", "updraft_failures"]

  private let settings: GameConfiguration
  private let environment: [String: String]

  init(_ settings: GameConfiguration, _ environment: [String: String]) {
    self.settings = settings
    self.environment = environment
  }

  /// Prints the table.
  ///
  /// - Throws: `ExitCode` when a check failed; `StartFailure` when keys or addresses are wrong.
  func run() throws {
    let exposure = try Exposure(settings.report, environment)
    let addresses = exposure.addresses.map(\.description).joined(separator: ", ")
    let access = exposure.keys.isEmpty ? "open to all that reach it" : "with API keys"
    var table = CheckTable([
      .ok("configuration", "valid"), .ok("access", "\(addresses), \(access)"),
    ])
    let database = settings.database
    for row in Self.examine(database) { table.add(row) }
    let path = settings.report.chartLibrary
    table.add(
      WebFiles.chartLibrary(at: path) != nil
        ? .ok("charts", path)
        : .warning(
          "charts", "\(path) can't be read: the pages show no charts",
          remedy: "install libjs-chart.js, or set report.chart_js"))
    print(table.text, terminator: "")
    if table.result == .failure { throw table.exitCode }
  }

  private static func examine(_ settings: DatabaseSettings) -> [CheckRow] {
    do throws(StorageError) {
      var configuration = try DatabaseConfiguration(settings)
      configuration.connectTimeout = .seconds(5)
      let logger = Logger(label: "check") { _ in SwiftLogNoOpLogHandler() }
      let connection = try PostgresConnection(configuration, logger: logger)
      defer { connection.close() }
      let place = connection.configuration.summary
      return [.ok("database", "PostgreSQL \(connection.serverVersionText) at \(place)")]
        + [try tables(connection)]
    } catch {
      return [.failure("database", error.message, remedy: error.hint ?? "see the server's log")]
    }
  }

  private static func tables(_ connection: PostgresConnection) throws(StorageError) -> CheckRow {
    let rows = try connection.query(
      """
      SELECT name FROM unnest($1::text[]) name
      WHERE NOT coalesce(has_table_privilege(to_regclass(name), 'SELECT'), false)
      """, [.texts(condorTables + ownTables)], doing: "look for the tables")
    var missing: [String] = []
    for row in rows { missing.append(try row.text(0)) }
    if missing.isEmpty { return .ok("tables", "all can be read") }
    let names = missing.joined(separator: ", ")
    let remedy = "run `updraft init-db`, or let the owner GRANT SELECT"
    return missing.allSatisfy(ownTables.contains)
      ? .warning("tables", "no \(names): no rounds or no reasons are shown", remedy: remedy)
      : .failure("tables", "can't read \(names)", remedy: remedy)
  }
}
