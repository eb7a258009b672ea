/// Brings Updraft's own tables, made by an older version, up to date: adds the columns that are
/// missing and changes nothing else, so that older rows stay and older programs go on writing.
///
/// To be run in the initializer's transaction, under its lock; running it again does nothing.
struct SchemaMigration {
  private let connection: PostgresConnection
  /// Readers hold the table's lock for the time of a query; more than that is not waited for.
  private static let lockTimeout = "5s"

  init(_ connection: PostgresConnection) { self.connection = connection }

  /// Whether a table lacks a column; a missing table lacks nothing.
  func isDue(doing: String) throws(StorageError) -> Bool {
    for (table, columns) in OwnSchema.additions {
      if try !missing(columns, of: table, doing: doing).isEmpty { return true }
    }
    return false
  }

  /// Adds what is missing.
  ///
  /// - Returns: the tables that got columns.
  func run(doing: String) throws(StorageError) -> [String] {
    var changed: [String] = []
    for (table, columns) in OwnSchema.additions {
      let missing = try missing(columns, of: table, doing: doing)
      guard !missing.isEmpty else { continue }
      // Nullable and without a default: a change of the catalogue that rewrites no row.
      let changes = missing.map { "ADD COLUMN \"\($0.name)\" \($0.type)" }
      try connection.execute("SET LOCAL lock_timeout TO '\(Self.lockTimeout)'", doing: doing)
      try connection.execute(
        "ALTER TABLE \"\(table)\" \(changes.joined(separator: ", "))", doing: doing)
      changed.append(table)
    }
    return changed
  }

  private func missing(
    _ columns: [TableDefinition.Column], of table: String, doing: String
  ) throws(StorageError) -> [TableDefinition.Column] {
    let rows = try connection.query(
      """
      SELECT attname FROM pg_attribute
      WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped
      """, [.text(table)], doing: doing)
    var found: Set<String> = []
    for row in rows { found.insert(try row.text(0)) }
    return found.isEmpty ? [] : columns.filter { !found.contains($0.name) }
  }
}
