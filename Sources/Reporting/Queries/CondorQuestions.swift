import Competition
import Storage

/// The questions that Condor's report worker answers, over Condor's tables.
enum CondorQuestions {
  /// What a caller wants to know about some models in a time, both ends included.
  struct Range: Sendable {
    let ids: [String]
    let start: UTCTime
    let end: UTCTime
    let page: Page

    /// `$1` ids, `$2` start, `$3` end, `$4` limit, `$5` offset.
    var parameters: [PostgresParameter] {
      [.texts(ids), .time(start), .time(end)] + page.parameters
    }
  }

  static func models(_ page: Page) -> Question {
    page.question(
      "models",
      """
      SELECT crunch_identifier AS model_id, name AS model_name, player_name AS cruncher_name,
        player_crunch_identifier AS cruncher_id, deployment_identifier AS deployment_id
      FROM models ORDER BY crunch_identifier LIMIT $1 OFFSET $2
      """, page.parameters)
  }

  static func leaderboard(_ page: Page) -> Question {
    page.question(
      "the leaderboard",
      """
      SELECT \(SQLText.iso("l.created_at")) AS created_at, \(entryColumns)
      FROM (SELECT created_at, entries FROM leaderboards
        ORDER BY created_at DESC, id DESC LIMIT 1) l,
        LATERAL \(SQLText.elements("l.entries")) WITH ORDINALITY AS x(e, place)
      ORDER BY CASE json_typeof(e->'rank') WHEN 'number' THEN (e->>'rank')::numeric END NULLS LAST,
        place
      LIMIT $1 OFFSET $2
      """, page.parameters, topic: .leaderboard)
  }

  private static let entryColumns = """
    \(SQLText.text("e->'model_id'")) AS model_id, e->'score'->'recent' AS score_recent,
      e->'score'->'steady' AS score_steady, e->'score'->'anchor' AS score_anchor,
      e->'rank' AS rank, \(SQLText.text("e->'model_name'")) AS model_name,
      \(SQLText.text("e->'player_name'")) AS cruncher_name
    """

  /// One row per snapshot.
  static func global(_ range: Range) -> Question {
    range.page.question(
      "scores",
      """
      SELECT model_id, \(SQLText.finite("overall_score_recent")) AS score_recent,
        \(SQLText.finite("overall_score_steady")) AS score_steady,
        \(SQLText.finite("overall_score_anchor")) AS score_anchor,
        \(SQLText.iso("performed_at")) AS performed_at
      FROM (SELECT * FROM model_score_snapshots
        WHERE model_id = ANY($1) AND performed_at >= $2 AND performed_at <= $3
        ORDER BY model_id, performed_at, id LIMIT $4 OFFSET $5) s
      """, range.parameters, topic: .snapshots)
  }

  /// One row per snapshot and param.
  static func params(_ range: Range) -> Question {
    range.page.question(
      "scores by param",
      """
      SELECT s.model_id, concat_ws('-', p->>'asset', p->>'horizon', p->>'step') AS param,
        p->'asset' AS asset, p->'horizon' AS horizon, p->'step' AS step,
        e->'score'->'recent' AS score_recent, e->'score'->'steady' AS score_steady,
        e->'score'->'anchor' AS score_anchor, \(SQLText.iso("s.performed_at")) AS performed_at
      FROM (SELECT id, model_id, performed_at, scores_by_param FROM model_score_snapshots
        WHERE model_id = ANY($1) AND performed_at >= $2 AND performed_at <= $3) s,
        LATERAL \(SQLText.elements("s.scores_by_param")) WITH ORDINALITY AS x(e, place),
        LATERAL (SELECT e->'param' AS p) y
      ORDER BY s.model_id, s.performed_at, s.id, place LIMIT $4 OFFSET $5
      """, range.parameters, topic: .snapshots)
  }

  /// One row per prediction that has been scored.
  static func predictions(_ range: Range) -> Question {
    range.page.question(
      "predictions",
      """
      SELECT model_id, concat_ws('-', asset, horizon, step) AS param, asset, horizon, step,
        \(SQLText.finite("score_value")) AS score_value,
        NOT coalesce(score_success, false) AS score_failed,
        coalesce(score_success, false) AS score_success, score_failed_reason,
        \(SQLText.iso("score_scored_at")) AS scored_at,
        \(SQLText.iso("performed_at")) AS performed_at
      FROM (SELECT * FROM predictions
        WHERE model_id = ANY($1) AND performed_at >= $2 AND performed_at <= $3
          AND score_scored_at IS NOT NULL
        ORDER BY model_id, performed_at, id LIMIT $4 OFFSET $5) p
      """, range.parameters)
  }
}

extension Page {
  /// Limit and offset; a caller that wants everything gets one row more than there may be, so that
  /// too many are noticed.
  var parameters: [PostgresParameter] { [.int(isWhole ? limit + 1 : limit), .int(offset)] }

  /// The question whose rows `select` gives.
  func question(
    _ name: String, _ select: String, _ parameters: [PostgresParameter],
    topic: Question.Topic = .none
  ) -> Question {
    Question(
      name: name, variants: [.init(sql: SQLText.list(select), parameters: parameters)],
      topic: topic, rowsMax: isWhole ? limit : nil)
  }
}
