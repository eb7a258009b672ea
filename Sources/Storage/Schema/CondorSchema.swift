/// Condor's five tables, in the order in which they can be created.
enum CondorSchema {
  static let models = TableDefinition(
    name: "models",
    columns: [
      .init("crunch_identifier", "varchar"), .init("name", "varchar"),
      .init("deployment_identifier", "varchar"), .init("player_crunch_identifier", "varchar"),
      .init("player_name", "varchar"),
    ] + overallScores + [.init("scores_by_param", "json", null: true)],
    primaryKey: ["crunch_identifier"])

  static let predictions = TableDefinition(
    name: "predictions",
    columns: [
      .init("id", "varchar"), .init("model_id", "varchar"), .init("asset", "varchar"),
      .init("horizon", "int4"), .init("step", "int4"), .init("status", "varchar"),
      .init("exec_time", "float8"), .init("distributions", "json", null: true),
      .init("performed_at", "timestamp"), .init("resolvable_at", "timestamp"),
      .init("score_value", "float8", null: true), .init("score_success", "bool", null: true),
      .init("score_failed_reason", "varchar", null: true),
      .init("score_scored_at", "timestamp", null: true),
    ],
    primaryKey: ["id"], modelReference: "model_id",
    indexedColumns: [
      "model_id", "asset", "status", "performed_at", "resolvable_at", "score_scored_at",
    ],
    indexes: [("idx_model_asset_horizon_step", ["model_id", "asset", "horizon", "step"])])

  /// `predictions` in partitions by time: the same columns and index names; the primary key must
  /// name the partitions' column.
  static let partitionedPredictions: TableDefinition = {
    var table = predictions
    table.partitionColumn = "performed_at"
    table.primaryKey = ["id", "performed_at"]
    return table
  }()

  static let predictionConfigs = TableDefinition(
    name: "prediction_configs",
    columns: [
      .init("id", "varchar"), .init("asset", "varchar"), .init("horizon", "int4"),
      .init("step", "int4"), .init("prediction_interval", "int4"), .init("active", "bool"),
      .init("order", "int4"),
    ],
    primaryKey: ["id"], indexedColumns: ["asset", "active"])

  static let snapshots = TableDefinition(
    name: "model_score_snapshots",
    columns: [.init("id", "varchar")] + overallScores + [
      .init("scores_by_param", "json", null: true), .init("model_id", "varchar"),
      .init("performed_at", "timestamp"),
    ],
    primaryKey: ["id"], modelReference: "model_id", indexedColumns: ["model_id", "performed_at"])

  static let leaderboards = TableDefinition(
    name: "leaderboards",
    columns: [
      .init("id", "varchar"), .init("created_at", "timestamp"),
      .init("entries", "json", null: true),
    ],
    primaryKey: ["id"], indexedColumns: ["created_at"])

  /// All five, `predictions` in one of its two forms.
  static func tables(arePartitioned: Bool) -> [TableDefinition] {
    [
      models, arePartitioned ? partitionedPredictions : predictions, predictionConfigs, snapshots,
      leaderboards,
    ]
  }

  private static let overallScores: [TableDefinition.Column] = [
    .init("overall_score_recent", "float8", null: true),
    .init("overall_score_steady", "float8", null: true),
    .init("overall_score_anchor", "float8", null: true),
  ]
}
