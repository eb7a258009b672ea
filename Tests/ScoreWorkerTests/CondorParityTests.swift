import Competition
import Foundation
import JSON
import Testing

/// A whole run beside Condor's algorithm in Python, on equal databases.
@Suite(.timeLimit(.minutes(10))) struct CondorParityTests {
  @Test(arguments: [true, false])
  func scoresWindowsSnapshotsAndRanksAreCondors(compat: Bool) async throws {
    let game = try await ScoreGame()
    try game.writePrices(days: 12, assets: ["BTC", "ETH"])
    try addModels(game)
    try game.score("score: {compat: \(compat)}")
    let expected = try await python(game, compat: compat)
    try compareScores(game, expected)
    try compareStandings(game, expected)
  }

  private func addModels(_ game: ScoreGame) throws {
    func builtin(_ name: String, _ params: String) -> ScoreGame.Answer {
      .density(#"{"type":"builtin","name":"\#(name)","params":{\#(params)}}"#)
    }
    try game.add("norm", .density(ScoreGame.norm), rounds: 80)
    try game.add("norm", .density(ScoreGame.norm), rounds: 80, asset: "ETH")
    try game.add("norm", .density(ScoreGame.norm), rounds: 30, asset: "ETH", horizon: 3_600)
    try game.add("t", builtin("t", #""df":3,"loc":0.0001,"scale":0.002"#), rounds: 70)
    try game.add("laplace", builtin("laplace", #""loc":0,"scale":0.001"#), rounds: 70)
    try game.add("laplace", builtin("laplace", #""loc":0,"scale":0.004"#), rounds: 9, asset: "ETH")
    let mixture = """
      {"type":"mixture","components":[{"density":\(ScoreGame.norm),"weight":2},
      {"density":{"type":"scipy","name":"norm","params":{"loc":0,"scale":0.01}},"weight":-1}]}
      """
    try game.add("mixture", .density(mixture), rounds: 66)
    try game.add("late", .density(ScoreGame.norm), rounds: 5)
    try game.add("old", .density(ScoreGame.norm), rounds: 10, skipping: 58)
    try game.add("wrong", .text("[1, 2, 3]"), rounds: 70)
    try game.add("wrong", .none("TIMEOUT"), rounds: 70, asset: "ETH")
    try game.add("short", .text("[" + ScoreGame.norm + "]"), rounds: 40)
    try game.add("null", .text("null"), rounds: 20)
    try game.add("flat", builtin("norm", #""loc":0,"scale":0"#), rounds: 62)
    try game.add("far", builtin("norm", #""loc":9,"scale":1e-9"#), rounds: 62)
    try game.add("silent", .none("ABSENT"), rounds: 0)
  }

  /// Condor's algorithm over the same rows.
  private func python(_ game: ScoreGame, compat: Bool) async throws -> JSONValue {
    let database = game.database
    var prices: [String: [JSONValue]] = [:]
    for row in try database.rows(
      "SELECT asset, extract(epoch FROM ts)::int8, price FROM updraft_prices ORDER BY 1, 2")
    {
      let parts = row.split(separator: "|").map(String.init)
      prices[parts[0], default: []].append(
        [.int(Int64(parts[1]) ?? 0), .double(Double(parts[2]) ?? 0)])
    }
    let now = try database.value("SELECT extract(epoch FROM max(created_at)) FROM leaderboards")
    let models = try database.rows("SELECT crunch_identifier FROM models")
    let head: JSONValue = [
      "now": .double(Double(now) ?? 0), "compat": .bool(compat),
      "models": .array(models.map { .string($0) }),
      "prices": .object(prices.map { JSONMember(key: $0.key, value: .array($0.value)) }),
    ]
    let rows = try database.rows(
      """
      SELECT json_build_object('id', id, 'model_id', model_id, 'asset', asset, 'horizon', horizon,
        'step', step, 'status', status, 'resolvable_at', extract(epoch FROM resolvable_at),
        'distributions', distributions) FROM predictions
      """
    ).map { $0.replacing("\n", with: " ") }
    let input = game.folder.path("game.jsonl")
    try ([head.text()] + rows).joined(separator: "\n").write(
      toFile: input, atomically: true, encoding: .utf8)
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Python").path
    let script = """
      exec "$(\(root)/environments.sh score)/bin/python" \(root)/condor_score.py < \(input)
      """
    let process = try WorkerProcess(["-c", script], program: "bash", folder: game.folder)
    let ended = try process.wait(seconds: 500)
    try #require(ended.code == 0, "\(ended.errors)")
    return try JSONValue.parse(text: ended.output)
  }

  private func compareScores(_ game: ScoreGame, _ expected: JSONValue) throws {
    let rows = try game.database.rows("SELECT id, score_value, score_success FROM predictions")
    #expect(rows.count == expected["scores"]?.objectValue?.count)
    let scores = Dictionary(
      (expected["scores"]?.objectValue ?? []).map { ($0.key, $0.value) }
    ) { $1 }
    var succeeded = 0
    for row in rows {
      let parts = row.split(separator: "|").map(String.init)
      let theirs = try #require(scores[parts[0]])
      #expect((parts[2] == "t") == theirs[1]?.boolValue, "\(row)")
      expectEqual(Double(parts[1]), theirs[0]?.doubleValue, row)
      if parts[2] == "t" { succeeded += 1 }
    }
    #expect(succeeded > 400)
  }

  private func compareStandings(_ game: ScoreGame, _ expected: JSONValue) throws {
    let query = """
      SELECT json_build_object('id', m.crunch_identifier, 'recent', m.overall_score_recent,
        'steady', m.overall_score_steady, 'anchor', m.overall_score_anchor,
        'params', m.scores_by_param, 'same', s.scores_by_param::text = m.scores_by_param::text
          AND s.overall_score_recent IS NOT DISTINCT FROM m.overall_score_recent)
      FROM models AS m JOIN model_score_snapshots AS s ON s.model_id = m.crunch_identifier
      """
    let rows = try game.database.rows(query).map { try JSONValue.parse(text: $0) }
    #expect(rows.count == 12)
    for ours in rows {
      let id = try #require(ours["id"]?.stringValue)
      let theirs = try #require(expected["models"]?[id])
      #expect(ours["same"] == true, "the snapshot of \(id)")
      for window in ["recent", "steady", "anchor"] {
        expectEqual(
          ours[window]?.doubleValue, theirs["overall"]?[window]?.doubleValue, "\(id) \(window)")
      }
      let entries = ours["params"]?.arrayValue ?? []
      let others = theirs["scores_by_param"]?.arrayValue ?? []
      #expect(entries.map { $0["param"] } == others.map { $0["param"] }, "\(id)")
      for (left, right) in zip(entries, others) {
        for window in ["recent", "steady", "anchor"] {
          expectEqual(
            left["score"]?[window]?.doubleValue, right["score"]?[window]?.doubleValue,
            "\(id) \(window)")
        }
      }
    }
    let entries = try JSONValue.parse(
      text: try game.database.value("SELECT entries FROM leaderboards"))
    let board = (entries.arrayValue ?? []).map { $0["model_id"]?.stringValue }
    #expect(board == expected["ranking"]?.arrayValue?.map(\.stringValue))
    #expect((entries.arrayValue ?? []).map { $0["rank"]?.intValue } == (1...12).map { $0 })
    #expect(entries[0]?["player_name"] == "Player")
  }

  /// Python sums up in another order.
  private func expectEqual(_ ours: Double?, _ theirs: Double?, _ what: String) {
    guard let ours, let theirs else {
      #expect(ours == theirs, "\(what)")
      return
    }
    #expect(abs(ours - theirs) <= 1e-9 * max(abs(ours), abs(theirs)), "\(what): \(theirs)")
  }
}
