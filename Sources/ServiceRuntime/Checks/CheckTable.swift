public import ArgumentParser
import Telemetry

/// What `--check` and `updraft doctor` print: a row for each check, the remedy under each that is
/// not ok.
public struct CheckTable: Hashable, Sendable {
  /// The checks in the order in which they ran.
  public private(set) var rows: [CheckRow]

  /// Creates a table.
  public init(_ rows: [CheckRow] = []) { self.rows = rows }

  /// Adds a check.
  public mutating func add(_ row: CheckRow) { rows.append(row) }

  /// The worst result; `ok` for an empty table.
  public var result: CheckResult { rows.map(\.result).max() ?? .ok }

  /// What the process exits with: 1 when a check failed, else 0 (a warning is no failure).
  public var exitCode: ExitCode { result == .failure ? .incomplete : .success }

  /// The table for people, each line ended by a newline:
  /// ```text
  /// ok       database       PostgreSQL 15.20 at /run/postgresql
  /// failure  orchestrator   connection refused at localhost:9091
  ///          → start model-orchestrator, or set orchestrator.host and orchestrator.port
  /// ```
  public var text: String {
    let width = rows.map(\.name.count).max() ?? 0
    var lines = ""
    for row in rows {
      lines += padded(row.result.rawValue, to: 9) + padded(OneLine.escaped(row.name), to: width + 2)
      lines += OneLine.escaped(row.finding) + "\n"
      if let remedy = row.remedy {
        lines += padded("", to: 9) + "→ " + OneLine.escaped(remedy) + "\n"
      }
    }
    return lines
  }

  /// The table for programs, one line without a newline:
  /// `{"result":"failure","checks":[{"name":…,"result":…,"finding":…,"remedy":…|null},…]}`.
  public var json: String {
    var line = "{\"result\":\"\(result.rawValue)\",\"checks\":["
    for (index, row) in rows.enumerated() {
      line += index > 0 ? ",{" : "{"
      line += "\"name\":" + JSONText.string(row.name)
      line += ",\"result\":\"" + row.result.rawValue + "\""
      line += ",\"finding\":" + JSONText.string(row.finding)
      line += ",\"remedy\":" + (row.remedy.map(JSONText.string) ?? "null") + "}"
    }
    return line + "]}"
  }

  private func padded(_ text: String, to width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }
}
