/// A table as data: what its DDL is made from and what an existing table is compared with.
struct TableDefinition {
  /// A column: its type is written as PostgreSQL's catalogue names it in short (`varchar`).
  struct Column {
    let name: String
    let type: String
    let isNullable: Bool

    init(_ name: String, _ type: String, null isNullable: Bool = false) {
      self.name = name
      self.type = type
      self.isNullable = isNullable
    }
  }

  let name: String
  let columns: [Column]
  var primaryKey: [String]
  /// The column that refers to `models`, if there is one.
  var modelReference: String?
  /// Columns with an index of their own, named `ix_{table}_{column}`.
  var indexedColumns: [String] = []
  /// Indexes over several columns, by name.
  var indexes: [(name: String, columns: [String])] = []
  /// The time column by whose ranges the table is partitioned; nil for a plain table.
  var partitionColumn: String?

  /// The statements that make the table and its indexes.
  var statements: [String] {
    var lines = columns.map { "\(quoted($0.name)) \($0.type)\($0.isNullable ? "" : " NOT NULL")" }
    lines.append("PRIMARY KEY (\(list(primaryKey)))")
    if let modelReference {
      lines.append(
        "FOREIGN KEY (\(quoted(modelReference))) REFERENCES models (crunch_identifier)")
    }
    let singles = indexedColumns.map { (name: "ix_\(name)_\($0)", columns: [$0]) }
    let table =
      "CREATE TABLE \(quoted(name)) (\n  \(lines.joined(separator: ",\n  "))\n)"
      + (partitionColumn.map { " PARTITION BY RANGE (\(quoted($0)))" } ?? "")
    return [table]
      + (singles + indexes).map {
        "CREATE INDEX \(quoted($0.name)) ON \(quoted(name)) (\(list($0.columns)))"
      }
  }

  private func list(_ names: [String]) -> String { names.map(quoted).joined(separator: ", ") }

  private func quoted(_ name: String) -> String { "\"\(name)\"" }
}
