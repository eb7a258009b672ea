public import Competition

/// Creates the tables that are missing; never deletes what is there, nor alters any but Updraft's
/// own tables of an older version, which get the columns that they lack.
///
/// Everything happens in one transaction under an advisory lock, so that it is safe to run it again
/// and from several places at once.
public struct SchemaInitializer {
  let connection: PostgresConnection

  /// An initializer that works on `connection`.
  public init(_ connection: PostgresConnection) { self.connection = connection }

  /// Creates what is missing of Condor's and Updraft's tables, inserts the default
  /// `prediction_configs` when that table is empty, and sets lz4 on `predictions.distributions`.
  ///
  /// - Parameters:
  ///   - partitions: the width of the partitions that a new `predictions` gets; nil for a plain
  ///     table. A partitioned one that is there stays as it is.
  ///   - now: the time for which partitions are made ahead.
  /// - Returns: what was made and what was there.
  /// - Throws: `StorageError`, among others `privileges` without the right to create tables, and
  ///   `schema` when partitions are wanted and `predictions` is a plain table.
  public func initializeDatabase(
    partitions: PartitionSpan? = nil, at now: UTCTime = .now()
  ) throws(StorageError) -> SchemaReport {
    let doing = "create the tables"
    var created: [String] = []
    var present: [String] = []
    var upgraded: [String] = []
    var insertedConfigCount = 0
    try connection.transaction(doing: doing) { () throws(StorageError) in
      try SchemaLock.take(connection, doing: doing)
      if partitions != nil { try refusePlainPredictions(doing: doing) }
      for table in CondorSchema.tables(arePartitioned: partitions != nil) + OwnSchema.tables {
        if try create(table, doing: doing) {
          created.append(table.name)
        } else {
          present.append(table.name)
        }
      }
      upgraded = try SchemaMigration(connection).run(doing: doing)
      try recordVersion(doing: doing)
      insertedConfigCount = try PredictionConfigTable(connection).insertDefaultsIfEmpty()
    }
    // Partitions take the compression over from the table: that comes first.
    let compression = try setCompression()
    return SchemaReport(
      createdTables: created, presentTables: present, upgradedTables: upgraded,
      insertedConfigCount: insertedConfigCount, compression: compression,
      partitions: try PartitionMaker(connection).makeAhead(at: now, span: partitions ?? .day))
  }

  /// Creates what is missing of Updraft's own tables and brings older ones up to date; without the
  /// rights, says so in the result.
  ///
  /// - Throws: `StorageError` when the session breaks or the tables are of a newer version.
  public func ensureOwnTables() throws(StorageError) -> OwnTables {
    let doing = "create Updraft's own tables"
    var reason: StorageError?
    do {
      let migration = SchemaMigration(connection)
      let areThere = try exist(OwnSchema.tables.map(\.name), doing: doing)
      let areOld = try migration.isDue(doing: doing)
      if !areThere || areOld {
        try connection.transaction(doing: doing) { () throws(StorageError) in
          try SchemaLock.take(connection, doing: doing)
          for table in OwnSchema.tables { _ = try create(table, doing: doing) }
          _ = try migration.run(doing: doing)
          try recordVersion(doing: doing)
        }
      }
    } catch {
      guard !error.endsConnection else { throw error }
      connection.logger.warning(
        "working without some of Updraft's own tables or columns", metadata: ["reason": "\(error)"])
      reason = error
    }
    return try ownTables(reason: reason)
  }

  /// Which of Updraft's own tables can be used, without creating any.
  public func ownTables(reason: StorageError? = nil) throws(StorageError) -> OwnTables {
    let doing = "look for Updraft's own tables"
    let rows = try connection.query(
      """
      SELECT coalesce(has_table_privilege(to_regclass('updraft_failures'), 'INSERT'), false),
        coalesce(has_table_privilege(to_regclass('updraft_rounds'), 'INSERT'), false),
        coalesce(has_table_privilege(to_regclass('updraft_prices'), 'INSERT'), false)
      """, doing: doing)
    guard let row = rows.first else {
      return OwnTables(
        hasFailures: false, hasRounds: false, hasRoundDetails: false, hasPrices: false,
        reason: reason)
    }
    let hasRounds = try row.bool(1)
    let areOld = try SchemaMigration(connection).isDue(doing: doing)
    return OwnTables(
      hasFailures: try row.bool(0), hasRounds: hasRounds,
      hasRoundDetails: hasRounds && !areOld,
      hasPrices: try row.bool(2), reason: reason)
  }

  /// Creates `table` unless something of that name is there; tells whether it did.
  private func create(
    _ table: TableDefinition, doing: String
  ) throws(StorageError) -> Bool {
    if try exist([table.name], doing: doing) { return false }
    for statement in table.statements { try connection.execute(statement, doing: doing) }
    if table.partitionColumn != nil {
      try connection.execute(
        "CREATE TABLE \(table.name)_default PARTITION OF \(table.name) DEFAULT", doing: doing)
    }
    return true
  }

  /// A plain table is never converted, nor is the wish for partitions overlooked.
  private func refusePlainPredictions(doing: String) throws(StorageError) {
    let catalog = try PartitionCatalog(connection)
    guard catalog.schema != nil, !catalog.isPartitioned else { return }
    throw StorageError(
      .schema, "predictions is there already, as a table without partitions by performed_at",
      doing: doing, hint: "leave --partitioned out, or convert it as docs/retention.md tells")
  }

  private func exist(_ names: [String], doing: String) throws(StorageError) -> Bool {
    let rows = try connection.query(
      "SELECT bool_and(to_regclass(name) IS NOT NULL) FROM unnest($1::text[]) AS name",
      [.texts(names)], doing: doing)
    return try rows.first?.bool(0) ?? false
  }

  private func recordVersion(doing: String) throws(StorageError) {
    try connection.query(
      "INSERT INTO updraft_schema (version) SELECT $1::int4 "
        + "WHERE NOT EXISTS (SELECT FROM updraft_schema WHERE version >= $1::int4)",
      [.int(OwnSchema.version)], doing: doing)
    let found = try connection.query("SELECT max(version) FROM updraft_schema", doing: doing)
    let version = try found.first?.int(0) ?? OwnSchema.version
    guard version <= OwnSchema.version else {
      throw StorageError(
        .schema, "the tables are of version \(version), this program knows \(OwnSchema.version)",
        doing: doing, hint: "use a newer Updraft")
    }
  }
}
