extension SchemaInitializer {
  /// Sets lz4 on `distributions` of `predictions` and of each of its partitions, waiting at most
  /// 1 s for each table's lock.
  ///
  /// - Throws: `StorageError` only when the session breaks; anything else is `skipped`.
  public func setCompression() throws(StorageError) -> ColumnCompression {
    let doing = "set lz4 on predictions.distributions"
    do throws(StorageError) {
      let columns = try DistributionsCompression.tables(connection, doing: doing)
      guard !columns.isEmpty else {
        throw StorageError(.schema, "predictions.distributions is missing", doing: doing)
      }
      let others = columns.filter { !$0.isLZ4 }
      if others.isEmpty { return .alreadySet }
      for table in others {
        try connection.transaction(doing: doing) { () throws(StorageError) in
          try connection.execute("SET LOCAL lock_timeout TO '1s'", doing: doing)
          try connection.execute(
            "ALTER TABLE \(table.qualifiedName) ALTER COLUMN distributions SET COMPRESSION lz4",
            doing: doing)
        }
      }
      return .set
    } catch {
      guard !error.endsConnection else { throw error }
      return .skipped(error)
    }
  }
}

/// How `distributions` is compressed, in `predictions` and in each of its partitions.
public struct DistributionsCompression {
  /// A table and what new values of its column become.
  public struct Table: Hashable, Sendable {
    /// The table's name, quoted, with its schema.
    public let qualifiedName: String
    /// Whether it is lz4.
    public let isLZ4: Bool
  }

  /// `predictions` first, then its partitions by name; empty when the column is missing.
  public static func tables(
    _ connection: PostgresConnection, doing: String = "look at the compression of distributions"
  ) throws(StorageError) -> [Table] {
    let rows = try connection.query(
      """
      SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname), a.attcompression = 'l'
      FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE a.attname = 'distributions' AND NOT a.attisdropped
        AND (c.oid = to_regclass('predictions')
          OR c.oid IN (SELECT relid FROM pg_partition_tree(to_regclass('predictions'))))
      ORDER BY c.oid <> to_regclass('predictions'), c.relname
      """, doing: doing)
    return try rows.map { (row) throws(StorageError) in
      Table(qualifiedName: try row.text(0), isLZ4: try row.bool(1))
    }
  }
}
