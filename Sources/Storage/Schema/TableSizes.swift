/// The disk space of a table with its partitions, and what of it is dead, as the server keeps count
/// of it: no row is read.
public struct TableSize: Hashable, Sendable {
  /// The table's name.
  public let name: String
  /// The rows by the last ANALYZE; nil before the first one.
  public let rowEstimate: Int?
  /// The rows themselves, bytes.
  public let rowBytes: Int
  /// Values kept out of line, with their index, bytes.
  public let toastBytes: Int
  /// The indexes, bytes.
  public let indexBytes: Int
  /// Rows that are there, by the server's counters.
  public let liveCount: Int
  /// Rows that are deleted and not yet vacuumed, by the server's counters.
  public let deadCount: Int

  /// All of it, bytes.
  public var totalBytes: Int { rowBytes + toastBytes + indexBytes }
  /// The share of dead rows among all, 0…1.
  public var deadShare: Double {
    deadCount == 0 ? 0 : Double(deadCount) / Double(deadCount + liveCount)
  }

  /// The sizes of Condor's and Updraft's tables, largest first; missing ones are left out.
  public static func all(_ connection: PostgresConnection) throws(StorageError) -> [TableSize] {
    let tables = CondorSchema.tables(arePartitioned: false) + OwnSchema.tables
    let rows = try connection.query(
      """
      WITH RECURSIVE parts AS (
        SELECT to_regclass(name) AS oid, name FROM unnest($1::text[]) AS name
        UNION ALL
        SELECT i.inhrelid::regclass, p.name FROM pg_inherits i JOIN parts p ON i.inhparent = p.oid)
      SELECT p.name, bool_and(c.reltuples >= 0), sum(greatest(c.reltuples, 0))::int8,
        sum(pg_table_size(c.oid) - toast.bytes)::int8, sum(toast.bytes)::int8,
        sum(pg_indexes_size(c.oid))::int8,
        coalesce(sum(s.n_live_tup), 0)::int8, coalesce(sum(s.n_dead_tup), 0)::int8
      FROM parts p JOIN pg_class c ON c.oid = p.oid AND c.relkind = 'r'
        CROSS JOIN LATERAL (SELECT CASE c.reltoastrelid WHEN 0 THEN 0
          ELSE pg_total_relation_size(c.reltoastrelid) END AS bytes) AS toast
        LEFT JOIN pg_stat_all_tables s ON s.relid = c.oid
      GROUP BY p.name ORDER BY sum(pg_total_relation_size(c.oid)) DESC, p.name
      """, [.texts(tables.map(\.name))], doing: "look at the sizes of the tables")
    return try rows.map { (row) throws(StorageError) in
      TableSize(
        name: try row.text(0), rowEstimate: try row.bool(1) ? try row.int(2) : nil,
        rowBytes: try row.int(3), toastBytes: try row.int(4), indexBytes: try row.int(5),
        liveCount: try row.int(6), deadCount: try row.int(7))
    }
  }

  /// The share of dead bytes in a table without partitions, 0…1, as the extension pgstattuple
  /// measures it: it reads the pages that VACUUM hasn't seen to. Nil without the extension.
  public static func measuredDeadShare(
    of name: String, _ connection: PostgresConnection
  ) throws(StorageError) -> Double? {
    let doing = "measure the dead rows of \(name)"
    let found = try connection.query(
      """
      SELECT to_regprocedure('pgstattuple_approx(regclass)') IS NOT NULL
        AND EXISTS (SELECT FROM pg_class WHERE oid = to_regclass($1) AND relkind = 'r')
      """, [.text(name)], doing: doing)
    guard try found.first?.bool(0) ?? false else { return nil }
    let rows = try connection.query(
      "SELECT dead_tuple_percent / 100 FROM pgstattuple_approx(to_regclass($1))", [.text(name)],
      doing: doing)
    return try rows.first?.double(0)
  }
}
