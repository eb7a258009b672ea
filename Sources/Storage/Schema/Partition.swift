public import Competition

/// A partition of `predictions`, as the catalogue knows it.
public struct Partition: Hashable, Sendable {
  /// The table's name, without its schema: `predictions_p20261122`.
  public let name: String
  /// The first `performed_at` that it holds; nil for no bound, and for the default partition.
  public let from: UTCTime?
  /// The first `performed_at` after it; nil for no bound, and for the default partition.
  public let until: UTCTime?
  /// Whether it takes the rows that no other partition takes.
  public let isDefault: Bool
  /// Whether it is on its way out: a `DETACH … CONCURRENTLY` began and was not finished.
  public let isDetaching: Bool
  /// Whether it is a table with rows of its own, and not partitioned once more.
  let isLeaf: Bool
  /// The name as SQL takes it, quoted, with its schema.
  let qualifiedName: String

  /// The times that it holds; nil for the default partition and for open ends.
  var range: Range<UTCTime>? {
    guard let from, let until, from < until else { return nil }
    return from..<until
  }
}

/// `predictions` in the catalogue: one table, or partitions by time.
public struct PartitionCatalog: Hashable, Sendable {
  /// Whether `predictions` is partitioned by `performed_at`.
  public let isPartitioned: Bool
  /// Its partitions by time, the default one last; none for a plain table.
  public let partitions: [Partition]
  /// Tables that were partitions, are detached and wait to be dropped.
  public let leftovers: [String]
  /// The schema of `predictions`, quoted; nil when there is no such table.
  let schema: String?

  /// The comment on a table that was taken out of `predictions` and may be dropped.
  static let leftoverComment = "updraft: taken out of predictions, to be dropped"

  /// Reads the catalogue.
  public init(_ connection: PostgresConnection) throws(StorageError) {
    let doing = "look for the partitions of predictions"
    let table = try connection.query(
      """
      SELECT quote_ident(n.nspname),
        coalesce(pg_get_partkeydef(c.oid) = 'RANGE (performed_at)', false)
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.oid = to_regclass('predictions')
      """, doing: doing)
    schema = try table.first?.text(0)
    isPartitioned = try table.first?.bool(1) ?? false
    partitions = isPartitioned ? try Self.partitions(connection, doing: doing) : []
    leftovers =
      try schema.map { (schema) throws(StorageError) in
        try Self.leftovers(in: schema, connection, doing: doing)
      } ?? []
  }

  /// The end of the last partition by time; nil when there is none.
  public var coveredUntil: UTCTime? { partitions.compactMap(\.range?.upperBound).max() }

  /// The partition for what no other takes; nil when there is none.
  public var defaultPartition: Partition? { partitions.first(where: \.isDefault) }

  /// Counts up to `rowsMax` of the rows that no partition by time took.
  public func defaultCount(
    _ connection: PostgresConnection, rowsMax: Int
  ) throws(StorageError) -> Int {
    guard let defaultPartition else { return 0 }
    let rows = try connection.query(
      """
      SELECT count(*) FROM (SELECT FROM \(defaultPartition.qualifiedName) LIMIT $1) AS found
      """, [.int(rowsMax)], doing: "count the rows of the default partition")
    return try rows.first?.int(0) ?? 0
  }

  private static func partitions(
    _ connection: PostgresConnection, doing: String
  ) throws(StorageError) -> [Partition] {
    // The bounds are literals of the column's type, in UTC: what stands between the quotes is a
    // time; MINVALUE and MAXVALUE have no quotes.
    let rows = try connection.query(
      """
      SELECT c.relname, b.text = 'DEFAULT', i.inhdetachpending, c.relkind = 'r',
        quote_ident(n.nspname) || '.' || quote_ident(c.relname),
        substring(b.text FROM 'FROM \\(''([^'']+)''\\)')::timestamp AS lower,
        substring(b.text FROM 'TO \\(''([^'']+)''\\)')::timestamp
      FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace
        CROSS JOIN LATERAL coalesce(pg_get_expr(c.relpartbound, c.oid), '') AS b(text)
      WHERE i.inhparent = to_regclass('predictions')
      ORDER BY b.text = 'DEFAULT', lower NULLS FIRST, c.relname
      """, doing: doing)
    return try rows.map { (row) throws(StorageError) in
      Partition(
        name: try row.text(0), from: try row.optional(5, row.time),
        until: try row.optional(6, row.time), isDefault: try row.bool(1),
        isDetaching: try row.bool(2), isLeaf: try row.bool(3), qualifiedName: try row.text(4))
    }
  }

  private static func leftovers(
    in schema: String, _ connection: PostgresConnection, doing: String
  ) throws(StorageError) -> [String] {
    let rows = try connection.query(
      """
      SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind = 'r' AND NOT c.relispartition AND quote_ident(n.nspname) = $1
        AND obj_description(c.oid, 'pg_class') = $2 ORDER BY c.relname
      """, [.text(schema), .text(leftoverComment)], doing: doing)
    return try rows.map { (row) throws(StorageError) in try row.text(0) }
  }
}
