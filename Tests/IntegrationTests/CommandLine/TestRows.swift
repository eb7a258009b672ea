/// Rows of `predictions` with their model, as statements.
enum TestRows {
  /// `count` predictions a second apart, the newest `daysAgo`; scored, or not when nil.
  static func insert(
    _ count: Int, daysAgo: Int, scoredDaysAgo: Int?, model: String = "m"
  ) -> String {
    let scored = scoredDaysAgo.map { "now() AT TIME ZONE 'UTC' - interval '\($0) d'" }
    return """
      INSERT INTO models (crunch_identifier, name, deployment_identifier, player_crunch_identifier,
        player_name) VALUES ('\(model)', '', '', '', '') ON CONFLICT DO NOTHING;
      INSERT INTO predictions
      SELECT 'PRE_\(model)_' || to_char(at, 'YYYYMMDD_HH24MISS.MS'), '\(model)', 'BTC', 3600, 60,
        'SUCCESS', 1.5, '[{"density":{"type":"builtin","name":"norm"}}]', at, at + interval '1 h',
        0.25, true, NULL, \(scored ?? "NULL")
      FROM (SELECT now() AT TIME ZONE 'UTC' - interval '\(daysAgo) d' - n * interval '1 s' AS at
        FROM generate_series(0, \(count - 1)) AS n) AS times
      """
  }
}
