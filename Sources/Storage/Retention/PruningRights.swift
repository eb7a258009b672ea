/// Which of the tables that are pruned are there, and whether reasons can go with predictions.
struct PruningRights {
  /// The tables that exist.
  let tables: Set<PrunedTable>
  /// Whether the role may delete reasons; else they stay until a role that may prunes.
  let deletesReasons: Bool

  init(_ connection: PostgresConnection) throws(StorageError) {
    let doing = "look for the tables to prune"
    var found: Set<PrunedTable> = []
    for table in PrunedTable.allCases {
      let rows = try connection.query(
        "SELECT to_regclass($1) IS NOT NULL", [.text(table.rawValue)], doing: doing)
      if try rows.first?.bool(0) ?? false { found.insert(table) }
    }
    tables = found
    let rights = try connection.query(
      """
      SELECT coalesce(has_table_privilege(to_regclass('updraft_failures'), 'SELECT'), false)
        AND coalesce(has_table_privilege(to_regclass('updraft_failures'), 'DELETE'), false)
      """, doing: doing)
    deletesReasons = try rights.first?.bool(0) ?? false
  }
}
