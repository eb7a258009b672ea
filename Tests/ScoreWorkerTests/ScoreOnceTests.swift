import Competition
import Foundation
import Testing

/// `score-worker --once` on a real PostgreSQL: what becomes of good, bad and odd predictions.
@Suite(.timeLimit(.minutes(5))) struct ScoreOnceTests {
  /// Everything that a model may have answered, and a word of the reason; nil for a score.
  private static let answers: [(model: String, answer: ScoreGame.Answer, reason: String?)] = [
    ("good", .density(ScoreGame.norm), nil),
    ("wrapped", .density(#"{"step":60,"prediction":"# + ScoreGame.norm + "}"), nil),
    ("none", .text("null"), "list"),
    ("number", .text("7"), "list"),
    ("dict", .text(#"{"density":1}"#), "list"),
    ("string", .text(#""up""#), "list"),
    ("numbers", .text("[1,2,3,4,5,6,7,8,9,10]"), "step"),
    ("short", .text("[" + ScoreGame.norm + "]"), "10 densities are expected, got 1"),
    ("empty", .text("[]"), "10 densities are expected, got 0"),
    ("unknown", .density(#"{"type":"builtin","name":"magic","params":{}}"#), "magic"),
    (
      "flat", .density(#"{"type":"builtin","name":"norm","params":{"loc":0,"scale":0}}"#), "scale"
    ),
    (
      "sharp", .density(#"{"type":"builtin","name":"norm","params":{"loc":9,"scale":1e-300}}"#), nil
    ),
    ("surrogate", .text(#"["\ud800"]"#), "JSON"),
    ("failed", .none("FAILED"), "FAILED"),
    ("late", .none("TIMEOUT"), "TIMEOUT"),
    ("absent", .none("ABSENT"), "ABSENT"),
    ("strange", .none("WHATEVER"), "FAILED"),
  ]

  @Test(arguments: [false, true])
  func everyOddAnswerFailsWithItsReasonAndTheGoodOnesAreScored(partitioned: Bool) async throws {
    let game = try await ScoreGame(partitioned: partitioned)
    try game.writePrices()
    for answer in Self.answers { try game.add(answer.model, answer.answer, rounds: 2) }
    try game.add("odd-step", .density(ScoreGame.norm), rounds: 1, horizon: 601)
    try game.score()
    for answer in Self.answers {
      let rows = try game.database.rows(
        """
        SELECT score_success, score_value, score_failed_reason, score_scored_at IS NOT NULL
        FROM predictions WHERE model_id = '\(answer.model)'
        """)
      #expect(rows.count == 2)
      for row in rows {
        let parts = row.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
        #expect(parts[3] == "t", "\(answer.model): \(row)")
        if let reason = answer.reason {
          #expect(parts[0] == "f" && parts[1] == "0", "\(answer.model): \(row)")
          #expect(parts[2].contains(reason), "\(answer.model): \(row)")
        } else {
          #expect(parts[0] == "t" && parts[2] == "∅", "\(answer.model): \(row)")
          #expect((Double(parts[1]) ?? -1) >= 0, "\(answer.model): \(row)")
        }
      }
    }
    #expect(
      try game.database.value(
        "SELECT score_failed_reason FROM predictions WHERE model_id = 'odd-step'"
      ).contains("no whole number"))
    // Everybody is on the leaderboard, also who has no score.
    #expect(
      try game.database.value("SELECT json_array_length(entries) FROM leaderboards") == "18")
    #expect(try game.database.value("SELECT count(*) FROM model_score_snapshots") == "18")
    #expect(
      try game.database.value("SELECT scored || ' ' || failed FROM updraft_score_runs") == "6 29")
  }

  @Test func aSecondRunChangesNoScoreAndASecondLeaderboardSaysTheSame() async throws {
    let game = try await ScoreGame()
    try game.writePrices()
    try game.add("a", .density(ScoreGame.norm), rounds: 60)
    try game.add("b", .none("FAILED"), rounds: 60)
    try game.score()
    let scores =
      "SELECT id, score_value, score_success, score_scored_at FROM predictions ORDER BY 1"
    let before = try game.database.rows(scores)
    try game.score()
    #expect(try game.database.rows(scores) == before)
    #expect(
      try game.database.value("SELECT count(DISTINCT entries::text) FROM leaderboards") == "1")
    #expect(try game.database.value("SELECT count(*) FROM leaderboards") == "2")
  }

  @Test func windowsAreNullUntilSomethingScoredIsAsOldAsThey() async throws {
    let game = try await ScoreGame()
    try game.writePrices()
    // Three hours apart: 8 reach 22 h back, 30 beyond three days, 60 beyond a week.
    try game.add("new", .density(ScoreGame.norm), rounds: 8)
    try game.add("three-days", .density(ScoreGame.norm), rounds: 30)
    try game.add("week", .density(ScoreGame.norm), rounds: 60)
    try game.add("nothing", .density(ScoreGame.norm), rounds: 0)
    try game.score()
    let query = """
      SELECT crunch_identifier, overall_score_recent IS NULL, overall_score_steady IS NULL,
        overall_score_anchor IS NULL, json_array_length(scores_by_param)
      FROM models ORDER BY 1
      """
    #expect(
      try game.database.rows(query) == [
        "new|t|t|t|1", "nothing|t|t|t|0", "three-days|f|f|t|1", "week|f|f|f|1",
      ])
    // Condor looks for the oldest among the week's scores alone, and never finds one.
    let other = try await game.copy()
    try other.score("score: {compat: true}")
    #expect(
      try other.database.rows(query) == [
        "new|t|t|t|1", "nothing|t|t|t|0", "three-days|f|f|t|1", "week|f|f|t|1",
      ])
  }

  @Test func scoresThatPostgreSQLCantAverageDoNotStopTheLeaderboard() async throws {
    let game = try await ScoreGame()
    try game.writePrices()
    try game.add("m", .density(ScoreGame.norm), rounds: 60)
    try game.score()
    let before = try game.database.value("SELECT overall_score_recent FROM models")
    // As another worker may have written them.
    for (index, value) in ["1e200", "1e308", "NaN", "Infinity", "-Infinity"].enumerated() {
      try game.add("m", .density(ScoreGame.norm), rounds: 1, asset: "A\(index)")
      try game.database.execute(
        """
        UPDATE predictions SET score_value = '\(value)', score_success = true,
          score_scored_at = now(), asset = 'BTC' WHERE asset = 'A\(index)'
        """)
    }
    try game.score()
    #expect(try game.database.value("SELECT overall_score_recent FROM models") == before)
  }

  @Test func aDryRunTellsAndChangesNothing() async throws {
    let game = try await ScoreGame()
    try game.writePrices()
    try game.add("m", .density(ScoreGame.norm), rounds: 60)
    let ended = try game.score("", ["--dry-run"])
    #expect(ended.output.contains("60 predictions would be scored, 0 would fail"), "\(ended)")
    #expect(ended.output.contains("1     m      "), "\(ended)")
    #expect(
      try game.database.value("SELECT count(*) FROM predictions WHERE score_scored_at IS NULL")
        == "60")
    #expect(try game.database.value("SELECT count(*) FROM leaderboards") == "0")
    #expect(try game.database.value("SELECT count(*) FROM updraft_prices") == "0")
  }

  @Test func wrongTimesAndUnknownScalesAreRefused() async throws {
    let game = try await ScoreGame()
    try game.writePrices()
    let wrong = try game.score("", ["--from", "yesterday"], exitCode: 64)
    #expect(wrong.errors.contains("--from must be a time"))
    try game.database.execute(
      "INSERT INTO prediction_configs VALUES ('CFG_A', 'XAU', 600, 60, 600, true, 1)")
    let refused = try game.score("score: {method: crps}", exitCode: 78)
    #expect(refused.errors.contains("no scale for XAU"))
    try game.score("score: {method: crps, crps: {t: {XAU: 33}}}")
  }

  @Test func aWorkerThatWaitsForItsNextRunStopsAtOnceWhenAsked() async throws {
    let game = try await ScoreGame()
    try game.writePrices()
    let worker = try WorkerProcess(["--config", try game.configuration()], folder: game.folder)
    try waitUntil(seconds: 60, "a leaderboard: \(worker.errors)") {
      try game.database.value("SELECT count(*) FROM leaderboards") == "1"
    }
    worker.signal(SIGTERM)
    #expect(try worker.wait(seconds: 10).code == 0)
  }
}
