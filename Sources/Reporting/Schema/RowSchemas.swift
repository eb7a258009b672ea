/// The fields of each endpoint's rows, in their order.
enum RowSchemas {
  static let model: [(String, FieldSchema)] = [
    ("model_id", .text), ("model_name", .text), ("cruncher_name", .text), ("cruncher_id", .text),
    ("deployment_id", .text),
  ]

  private static let scores: [(String, FieldSchema)] = [
    ("score_recent", .optional(.number)), ("score_steady", .optional(.number)),
    ("score_anchor", .optional(.number)),
  ]

  private static let param: [(String, FieldSchema)] = [
    ("param", .text), ("asset", .text), ("horizon", .whole), ("step", .whole),
  ]

  static let leaderboard: [(String, FieldSchema)] =
    [("created_at", .time), ("model_id", .text)] + scores
    + [("rank", .whole), ("model_name", .text), ("cruncher_name", .text)]

  static let global: [(String, FieldSchema)] =
    [("model_id", .text)] + scores + [("performed_at", .time)]

  static let params: [(String, FieldSchema)] =
    [("model_id", .text)] + param + scores + [("performed_at", .time)]

  static let predictions: [(String, FieldSchema)] =
    [("model_id", .text)] + param + [
      ("score_value", .optional(.number)), ("score_failed", .truth), ("score_success", .truth),
      ("score_failed_reason", .optional(.text)), ("scored_at", .time), ("performed_at", .time),
    ]

  static let calls: [(String, FieldSchema)] = [
    ("performed_at", .time), ("param", .text), ("status", .text),
    ("exec_time_ms", .optional(.number)), ("detail", .optional(.text)),
  ]

  static let changes: [(String, FieldSchema)] = [
    ("performed_at", .time), ("model_id", .text), ("model_name", .text), ("change", .text),
  ]

  /// Rows of a database of an older version have only these.
  static let rounds: [(String, FieldSchema)] = [
    ("performed_at", .time), ("shard", .text), ("asset", .text), ("horizon", .whole),
    ("step", .whole), ("wall_ms", .number), ("success", .whole), ("failed", .whole),
    ("timeout", .whole), ("absent", .whole), ("stored_at", .time),
  ]

  static let status: [(String, FieldSchema)] = [
    ("newest_round_age_s", .optional(.number)), ("unscored_ready", .whole),
    ("oldest_unscored_age_s", .optional(.number)), ("leaderboard_age_s", .optional(.number)),
    ("models", .whole), ("feed_age_s", .optional(.number)),
  ]
}
