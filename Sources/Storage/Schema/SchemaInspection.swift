internal import CLibPQ
import Competition

/// What the catalogue says of the tables that a worker writes: that they fit, and their time type.
public struct SchemaInspection: Hashable, Sendable {
  /// The type of `predictions.performed_at` and `resolvable_at`.
  public let timeColumnType: TimeColumnType
  /// Whether `predictions` is partitioned by `performed_at`; both forms fit.
  public let isPartitioned: Bool

  /// Reads the catalogue and checks `models`, `predictions` and `prediction_configs`.
  ///
  /// - Throws: `StorageError` of code `schema` that names the first object that is missing, has
  ///   another type, or is a column that must be filled and that Updraft doesn't know.
  public init(_ connection: PostgresConnection) throws(StorageError) {
    let tables = [CondorSchema.models, CondorSchema.predictions, CondorSchema.predictionConfigs]
    var timeTypes: Set<TimeColumnType> = []
    for table in tables {
      let found = try Self.columns(of: table.name, connection)
      guard !found.isEmpty else {
        throw Self.mismatch("table \(table.name) is missing", hint: nil)
      }
      for column in table.columns {
        timeTypes.formUnion(try Self.check(column, of: table.name, in: found))
      }
      try Self.checkForUnknown(found, in: table)
    }
    guard let type = timeTypes.first, timeTypes.count == 1 else {
      throw Self.mismatch(
        "predictions mixes timestamp and timestamptz columns", hint: "give them one type")
    }
    timeColumnType = type
    isPartitioned = try PartitionCatalog(connection).isPartitioned
  }

  private struct Found {
    let type: String
    let mustBeFilled: Bool
  }

  private static func columns(
    of table: String, _ connection: PostgresConnection
  ) throws(StorageError) -> [String: Found] {
    let rows = try connection.query(
      """
      SELECT a.attname, t.typname,
        a.attnotnull AND NOT a.atthasdef AND a.attidentity = '' AND a.attgenerated = ''
      FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
      WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped
      """, [.text(table)], doing: "read the catalogue")
    var found: [String: Found] = [:]
    for row in rows {
      found[try row.text(0)] = Found(type: try row.text(1), mustBeFilled: try row.bool(2))
    }
    return found
  }

  /// Checks one column; returns its time type when it is a time.
  private static func check(
    _ column: TableDefinition.Column, of table: String, in found: [String: Found]
  ) throws(StorageError) -> Set<TimeColumnType> {
    let name = "\(table).\(column.name)"
    guard let type = found[column.name]?.type else {
      throw mismatch("column \(name) is missing", hint: nil)
    }
    if column.type == "timestamp", let time = TimeColumnType(rawValue: type) { return [time] }
    let isText = column.type == "varchar" && type == "text"
    guard type == column.type || isText else {
      throw mismatch(
        "column \(name) is \(type), not \(column.type)", hint: "give it the type \(column.type)")
    }
    return []
  }

  private static func checkForUnknown(
    _ found: [String: Found], in table: TableDefinition
  ) throws(StorageError) {
    let known = Set(table.columns.map(\.name))
    let unknown = found.filter { $0.value.mustBeFilled && !known.contains($0.key) }
    guard let name = unknown.keys.min() else { return }
    throw mismatch(
      "column \(table.name).\(name) must be filled and Updraft doesn't know it",
      hint: "give it a default or let it be NULL")
  }

  private static func mismatch(_ message: String, hint: String?) -> StorageError {
    StorageError(.schema, message, doing: "use the database's tables", hint: hint)
  }
}
