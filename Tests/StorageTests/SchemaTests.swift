import Competition
import Storage
import Testing

@Suite(.timeLimit(.minutes(2))) struct SchemaTests {
  @Test func tablesHaveTheContractsColumnsTypesAndNullability() async throws {
    let database = try await TestDatabase.initialized()
    let columns = try database.rows(
      """
      SELECT table_name || ':' || string_agg(column_name || ' ' || udt_name
        || CASE is_nullable WHEN 'YES' THEN '?' ELSE '' END, ', ' ORDER BY ordinal_position)
      FROM information_schema.columns
      WHERE table_schema = 'public' AND table_name NOT LIKE 'updraft%'
      GROUP BY table_name ORDER BY table_name
      """)
    #expect(
      columns == [
        "leaderboards:id varchar, created_at timestamp, entries json?",
        "model_score_snapshots:id varchar, overall_score_recent float8?, "
          + "overall_score_steady float8?, overall_score_anchor float8?, scores_by_param json?, "
          + "model_id varchar, performed_at timestamp",
        "models:crunch_identifier varchar, name varchar, deployment_identifier varchar, "
          + "player_crunch_identifier varchar, player_name varchar, overall_score_recent float8?, "
          + "overall_score_steady float8?, overall_score_anchor float8?, scores_by_param json?",
        "prediction_configs:id varchar, asset varchar, horizon int4, step int4, "
          + "prediction_interval int4, active bool, order int4",
        "predictions:id varchar, model_id varchar, asset varchar, horizon int4, step int4, "
          + "status varchar, exec_time float8, distributions json?, performed_at timestamp, "
          + "resolvable_at timestamp, score_value float8?, score_success bool?, "
          + "score_failed_reason varchar?, score_scored_at timestamp?",
      ])
  }

  @Test func tablesHaveTheContractsKeysAndIndexNames() async throws {
    let database = try await TestDatabase.initialized()
    let indexes = try database.rows(
      """
      SELECT indexname || ' ' || substring(indexdef FROM '\\(.*\\)') FROM pg_indexes
      WHERE schemaname = 'public' AND tablename NOT LIKE 'updraft%' ORDER BY indexname COLLATE "C"
      """)
    #expect(
      indexes == [
        "idx_model_asset_horizon_step (model_id, asset, horizon, step)",
        "ix_leaderboards_created_at (created_at)", "ix_model_score_snapshots_model_id (model_id)",
        "ix_model_score_snapshots_performed_at (performed_at)",
        "ix_prediction_configs_active (active)", "ix_prediction_configs_asset (asset)",
        "ix_predictions_asset (asset)", "ix_predictions_model_id (model_id)",
        "ix_predictions_performed_at (performed_at)",
        "ix_predictions_resolvable_at (resolvable_at)",
        "ix_predictions_score_scored_at (score_scored_at)", "ix_predictions_status (status)",
        "leaderboards_pkey (id)", "model_score_snapshots_pkey (id)",
        "models_pkey (crunch_identifier)", "prediction_configs_pkey (id)", "predictions_pkey (id)",
      ])
    let references = try database.rows(
      """
      SELECT conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f'
      ORDER BY conname
      """)
    #expect(
      references == [
        "model_score_snapshots_model_id_fkey "
          + "FOREIGN KEY (model_id) REFERENCES models(crunch_identifier)",
        "predictions_model_id_fkey FOREIGN KEY (model_id) REFERENCES models(crunch_identifier)",
      ])
    #expect(
      try database.rows(
        "SELECT attcompression FROM pg_attribute WHERE attrelid = 'predictions'::regclass "
          + "AND attname = 'distributions'") == ["l"])
  }

  @Test func initializingTwiceKeepsEveryRowAndSaysWhatWasThere() async throws {
    let database = try await TestDatabase.empty()
    let first = try database.with { try SchemaInitializer($0).initializeDatabase() }
    #expect(first.createdTables.count == 10)
    #expect(first.presentTables.isEmpty)
    #expect(first.insertedConfigCount == 8)
    #expect(first.compression == .set)
    try database.execute("DELETE FROM prediction_configs WHERE asset <> 'BTC'")
    _ = try database.with { try ModelTable($0).upsert([TestRound.row(ModelID("m1"))]) }
    let second = try database.with { try SchemaInitializer($0).initializeDatabase() }
    #expect(second.createdTables.isEmpty)
    #expect(second.presentTables == first.createdTables)
    #expect(second.insertedConfigCount == 0)
    #expect(second.compression == .alreadySet)
    #expect(try database.rows("SELECT count(*) FROM prediction_configs") == ["2"])
    #expect(try database.rows("SELECT count(*) FROM models") == ["1"])
    #expect(try database.rows("SELECT version FROM updraft_schema") == ["2"])
  }

  @Test func manyInitializersAtOnceMakeTheTablesOnce() async throws {
    let database = try await TestDatabase.empty()
    let created = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<4 {
        group.addTask {
          try database.with { try SchemaInitializer($0).initializeDatabase().createdTables.count }
        }
      }
      return try await group.reduce(0, +)
    }
    #expect(created == 10)
    #expect(try database.rows("SELECT count(*) FROM prediction_configs") == ["8"])
  }

  @Test func existingTablesAreNeverAltered() async throws {
    let database = try await TestDatabase.empty()
    try database.execute("CREATE TABLE leaderboards (id varchar PRIMARY KEY, extra int)")
    let report = try database.with { try SchemaInitializer($0).initializeDatabase() }
    #expect(report.presentTables == ["leaderboards"])
    #expect(
      try database.rows(
        "SELECT string_agg(attname, ',' ORDER BY attnum) FROM pg_attribute "
          + "WHERE attrelid = 'leaderboards'::regclass AND attnum > 0") == ["id,extra"])
  }

  @Test func ownTablesAreLeftOutWithoutTheRightToMakeThem() async throws {
    let database = try await TestDatabase.initialized()
    try database.execute(
      """
      DROP TABLE updraft_rounds;
      ALTER TABLE predictions ALTER distributions SET COMPRESSION pglz;
      CREATE ROLE visitor LOGIN;
      GRANT SELECT, INSERT ON updraft_failures TO visitor
      """)
    var configuration = database.configuration
    configuration.user = "visitor"
    let visitor = TestDatabase(configuration: configuration)
    let tables = try visitor.with { try SchemaInitializer($0).ensureOwnTables() }
    #expect(tables.hasFailures)
    #expect(!tables.hasRounds)
    #expect(!tables.hasPrices)
    #expect(tables.reason?.code == .privileges)
    let compression = try visitor.with { try SchemaInitializer($0).setCompression() }
    guard case .skipped(let error) = compression else {
      Issue.record("expected skipped, got \(compression)")
      return
    }
    #expect(error.sqlState == "42501")
  }

  @Test func compressionIsSkippedWhenTheTableIsLocked() async throws {
    let database = try await TestDatabase.initialized()
    try database.execute("ALTER TABLE predictions ALTER distributions SET COMPRESSION pglz")
    let result = try database.with { holder in
      try holder.execute(
        "BEGIN; LOCK TABLE predictions IN ACCESS SHARE MODE", doing: "hold a lock")
      return try database.with { try SchemaInitializer($0).setCompression() }
    }
    guard case .skipped(let error) = result else {
      Issue.record("expected skipped, got \(result)")
      return
    }
    #expect(error.sqlState == "55P03")
  }

  @Test func inspectionTellsTheTimeTypeAndNamesWhatDoesNotFit() async throws {
    let database = try await TestDatabase.initialized()
    #expect(try database.with { try SchemaInspection($0).timeColumnType } == .timestamp)
    try database.execute(
      """
      ALTER TABLE predictions ALTER performed_at TYPE timestamptz,
        ALTER resolvable_at TYPE timestamptz, ALTER score_scored_at TYPE timestamptz
      """)
    #expect(try database.with { try SchemaInspection($0).timeColumnType } == .timestamptz)
    for (change, message) in [
      ("ADD runner_id varchar NOT NULL", "column predictions.runner_id must be filled"),
      ("ALTER distributions TYPE jsonb", "column predictions.distributions is jsonb"),
      ("RENAME step TO steps", "column predictions.step is missing"),
    ] {
      try database.execute("ALTER TABLE predictions \(change)")
      let error = try #require(throws: StorageError.self) {
        try database.with { _ = try SchemaInspection($0) }
      }
      #expect(error.code == .schema)
      #expect(error.message.contains(message), "\(error)")
    }
    let missing = try await TestDatabase.empty()
    let error = try #require(throws: StorageError.self) {
      try missing.with { _ = try SchemaInspection($0) }
    }
    #expect(error.description.contains("table models is missing"))
    #expect(error.description.contains("updraft init-db"))
  }
}
