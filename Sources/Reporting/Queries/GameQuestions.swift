import Storage

/// The questions of our own pages, over Updraft's tables where they exist.
enum GameQuestions {
  /// The newest rounds whose models are compared.
  static let comparedRoundsMax = 60
  /// More unscored predictions than this are not counted.
  static let unscoredMax = 100_000

  /// The ranks of a day before the newest leaderboard, or of the oldest one there is.
  static let previousLeaderboard = Question(
    name: "the leaderboard before",
    variants: [
      .init(
        sql: """
          WITH newest AS (
            SELECT id, created_at FROM leaderboards ORDER BY created_at DESC, id DESC LIMIT 1),
          candidates AS (
            (SELECT 1 AS choice, l.created_at, l.entries FROM leaderboards l, newest n
              WHERE l.created_at <= n.created_at - interval '1 day'
              ORDER BY l.created_at DESC LIMIT 1)
            UNION ALL
            (SELECT 2, l.created_at, l.entries FROM leaderboards l, newest n
              WHERE l.id <> n.id ORDER BY l.created_at LIMIT 1)),
          before AS (SELECT * FROM candidates ORDER BY choice LIMIT 1)
          SELECT row_to_json(r)::text, 1 FROM (
            SELECT (SELECT \(SQLText.iso("created_at")) FROM before) AS created_at,
              coalesce((SELECT json_object_agg(e->>'model_id', e->'rank')
                FROM before, LATERAL \(SQLText.elements("entries")) x(e)
                WHERE e->>'model_id' IS NOT NULL), '{}') AS ranks) r
          """)
    ], topic: .leaderboard)

  /// One model's calls, newest first, with the reasons of those that went wrong.
  static func calls(_ range: CondorQuestions.Range) -> Question {
    func sql(detail: String, join: String) -> String {
      SQLText.list(
        """
        SELECT \(SQLText.iso("p.performed_at")) AS performed_at,
          concat_ws('-', p.asset, p.horizon, p.step) AS param, p.status,
          \(SQLText.finite("p.exec_time")) / 1000 AS exec_time_ms, \(detail) AS detail
        FROM (SELECT * FROM predictions
          WHERE model_id = ANY($1) AND performed_at >= $2 AND performed_at <= $3
          ORDER BY performed_at DESC, id DESC LIMIT $4 OFFSET $5) p \(join)
        ORDER BY p.performed_at DESC, p.id DESC
        """)
    }
    let variants = [
      sql(
        detail: "coalesce(f.detail, p.score_failed_reason)",
        join: "LEFT JOIN updraft_failures f ON f.prediction_id = p.id"),
      sql(detail: "p.score_failed_reason", join: ""),
    ]
    return Question(
      name: "calls", variants: variants.map { .init(sql: $0, parameters: range.parameters) },
      rowsMax: range.page.isWhole ? range.page.limit : nil)
  }

  /// The rounds, newest first.
  static func rounds(_ page: Page, withModels: Bool) -> Question {
    let first = """
      \(SQLText.iso("performed_at")) AS performed_at, shard, asset, horizon, step, wall_ms, success,
      failed, timeout, absent, \(SQLText.iso("stored_at")) AS stored_at
      """
    let details = """
      , sent, skipped, late_ms, answer_bytes, latency_p50_ms, latency_p90_ms, latency_p99_ms,
      latency_max_ms, latency_buckets, breakers_closed, breakers_open, breakers_half_open, panic,
      market_closed
      """
    func variant(_ columns: String) -> Question.Variant {
      .init(
        sql: SQLText.list(
          """
          SELECT \(columns) FROM (SELECT * FROM updraft_rounds
            ORDER BY performed_at DESC, shard LIMIT $1 OFFSET $2) t
          """), parameters: [.int(page.limit), .int(page.offset)])
    }
    return Question(
      name: withModels ? "rounds with models" : "rounds",
      variants: [variant(first + details + (withModels ? ", models" : "")), variant(first)],
      fallback: "[]")
  }

  /// Models that came or went in the newest rounds, newest first. In the oldest round compared
  /// nobody joins: what was before it isn't known.
  static func changes(_ page: Page) -> Question {
    Question(
      name: "changes",
      variants: [
        .init(
          sql: SQLText.list(
            """
            WITH newest AS (SELECT performed_at, shard, models FROM updraft_rounds
              WHERE json_typeof(models) = 'object' ORDER BY performed_at DESC
              LIMIT \(comparedRoundsMax)),
            seen AS (SELECT performed_at, shard, key AS model_id, value->>0 = 'ABSENT' AS is_absent
              FROM newest, LATERAL json_each(models)),
            steps AS (SELECT performed_at, model_id, is_absent,
                lag(is_absent) OVER (PARTITION BY shard, model_id ORDER BY performed_at) AS before,
                min(performed_at) OVER (PARTITION BY shard) AS oldest
              FROM seen)
            SELECT \(SQLText.iso("s.performed_at")) AS performed_at, s.model_id,
              coalesce(m.name, '') AS model_name,
              CASE WHEN s.is_absent THEN 'left' WHEN s.before THEN 'returned' ELSE 'joined' END
                AS change
            FROM steps s LEFT JOIN models m ON m.crunch_identifier = s.model_id
            WHERE s.is_absent <> s.before
              OR (s.before IS NULL AND NOT s.is_absent AND s.performed_at > s.oldest)
            ORDER BY s.performed_at DESC, s.model_id LIMIT $1 OFFSET $2
            """), parameters: [.int(page.limit), .int(page.offset)])
      ], fallback: "[]", topic: .rounds)
  }

  /// How old the newest of everything is, and what waits for scores; seconds.
  static let status: Question = {
    func variant(roundsIn table: String) -> Question.Variant {
      .init(
        sql: SQLText.object(
          """
          SELECT \(age("(SELECT max(performed_at) FROM \(table))")) AS newest_round_age_s,
            w.count AS unscored_ready, \(age("w.oldest")) AS oldest_unscored_age_s,
            \(age("(SELECT max(created_at) FROM leaderboards)")) AS leaderboard_age_s,
            (SELECT count(*) FROM models) AS models
          FROM (SELECT count(*), min(resolvable_at) AS oldest FROM (
            SELECT resolvable_at FROM predictions
            WHERE score_scored_at IS NULL AND resolvable_at <= localtimestamp
            LIMIT \(unscoredMax)) u) w
          """))
    }
    return Question(
      name: "the status", variants: ["updraft_rounds", "predictions"].map(variant(roundsIn:)))
  }()

  /// Seconds from a time until now, NULL for NULL; negative when the clocks disagree.
  private static func age(_ time: String) -> String {
    "extract(epoch FROM localtimestamp - \(time))::float8"
  }
}
