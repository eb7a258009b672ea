/// Updraft's own tables, beside Condor's.
enum OwnSchema {
  /// The version that this program makes and understands.
  static let version = 2

  static let schema = TableDefinition(
    name: "updraft_schema", columns: [.init("version", "int4")], primaryKey: ["version"])

  /// One row for each stored round and shard.
  static let rounds = TableDefinition(
    name: "updraft_rounds",
    columns: [
      .init("performed_at", "timestamp"), .init("shard", "varchar"), .init("asset", "varchar"),
      .init("horizon", "int4"), .init("step", "int4"), .init("wall_ms", "float8"),
      .init("success", "int4"), .init("failed", "int4"), .init("timeout", "int4"),
      .init("absent", "int4"), .init("stored_at", "timestamp"),
    ] + roundDetails,
    primaryKey: ["performed_at", "shard"])

  /// What `updraft_rounds` has since version 2; NULL in rows of older versions.
  static let roundDetails: [TableDefinition.Column] = [
    .init("sent", "int4", null: true), .init("skipped", "int4", null: true),
    .init("late_ms", "float8", null: true), .init("answer_bytes", "int8", null: true),
    .init("latency_p50_ms", "float8", null: true), .init("latency_p90_ms", "float8", null: true),
    .init("latency_p99_ms", "float8", null: true), .init("latency_max_ms", "float8", null: true),
    .init("latency_buckets", "int4[]", null: true),
    .init("breakers_closed", "int4", null: true), .init("breakers_open", "int4", null: true),
    .init("breakers_half_open", "int4", null: true), .init("panic", "varchar", null: true),
    .init("market_closed", "bool", null: true), .init("models", "json", null: true),
  ]

  /// The columns that were added after version 1, by table; all of them may be NULL.
  static let additions = [(table: rounds.name, columns: roundDetails)]

  /// Why a prediction is FAILED or TIMEOUT, for which Condor has no column.
  static let failures = TableDefinition(
    name: "updraft_failures",
    columns: [.init("prediction_id", "varchar"), .init("detail", "varchar")],
    primaryKey: ["prediction_id"])

  /// Prices seen by the score worker; the first value wins.
  static let prices = TableDefinition(
    name: "updraft_prices",
    columns: [
      .init("asset", "varchar"), .init("ts", "timestamp"), .init("price", "float8"),
    ],
    primaryKey: ["asset", "ts"])

  /// One row for each publication of the score worker's standings.
  static let scoreRuns = TableDefinition(
    name: "updraft_score_runs",
    columns: [
      .init("run_at", "timestamp"), .init("method", "varchar"), .init("scored", "int4"),
      .init("failed", "int4"), .init("waiting", "int4"),
      .init("failed_score", "float8", null: true), .init("wall_ms", "float8"),
    ],
    primaryKey: ["run_at"])

  static let tables = [schema, rounds, failures, prices, scoreRuns]
}
