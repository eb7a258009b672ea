import Competition
import Foundation
import JSON
import Testing

/// What Condor's algorithm in Python (`condor_score.py`) makes of the rows of a game's database,
/// and whether that is what the worker has left there.
struct CondorScores {
  private let game: ScoreGame
  private let expected: JSONValue

  /// Reads the scored game's rows and prices, and has them scored again.
  ///
  /// - Parameters:
  ///   - game: after one run.
  ///   - method: `density` or `crps`.
  ///   - compat: as the worker was told.
  ///   - scales: `score.crps.t`.
  /// - Throws: when the script fails, with what it wrote.
  init(_ game: ScoreGame, method: String, compat: Bool, scales: [String: Double] = [:]) throws {
    self.game = game
    let input = game.folder.path("game.jsonl")
    let lines = try [Self.head(game, method, compat, scales).text()] + Self.predictions(game)
    try lines.joined(separator: "\n").write(toFile: input, atomically: true, encoding: .utf8)
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Python").path
    let script = """
      exec "$(\(root)/environments.sh score)/bin/python" \(root)/condor_score.py < \(input)
      """
    let process = try WorkerProcess(["-c", script], program: "bash", folder: game.folder)
    let ended = try process.wait(seconds: 500)
    try #require(ended.code == 0, "\(ended.errors)")
    expected = try JSONValue.parse(text: ended.output)
  }

  /// What failures get.
  var failedScore: Double? { expected["failed"]?.doubleValue }

  private static func head(
    _ game: ScoreGame, _ method: String, _ compat: Bool, _ scales: [String: Double]
  ) throws -> JSONValue {
    var prices: [String: [JSONValue]] = [:]
    for row in try game.database.rows(
      "SELECT asset, extract(epoch FROM ts)::int8, price FROM updraft_prices ORDER BY 1, 2")
    {
      let parts = row.split(separator: "|").map(String.init)
      prices[parts[0], default: []].append(
        [.int(Int64(parts[1]) ?? 0), .double(Double(parts[2]) ?? 0)])
    }
    let now = try game.database.value(
      "SELECT extract(epoch FROM max(created_at)) FROM leaderboards")
    let models = try game.database.rows("SELECT crunch_identifier FROM models")
    return [
      "now": .double(Double(now) ?? 0), "compat": .bool(compat), "method": .string(method),
      "t": .object(scales.map { JSONMember(key: $0.key, value: .double($0.value)) }),
      "models": .array(models.map { .string($0) }),
      "prices": .object(prices.map { JSONMember(key: $0.key, value: .array($0.value)) }),
    ]
  }

  private static func predictions(_ game: ScoreGame) throws -> [String] {
    try game.database.rows(
      """
      SELECT json_build_object('id', id, 'model_id', model_id, 'asset', asset, 'horizon', horizon,
        'step', step, 'status', status, 'resolvable_at', extract(epoch FROM resolvable_at),
        'distributions', distributions) FROM predictions
      """
    ).map { $0.replacing("\n", with: " ") }
  }

  /// Expects the same scores, and that the same ones failed.
  ///
  /// - Returns: how many succeeded.
  func expectEqualScores(tolerance: Double = 1e-9) throws -> Int {
    let rows = try game.database.rows("SELECT id, score_value, score_success FROM predictions")
    let scores = Dictionary(
      (expected["scores"]?.objectValue ?? []).map { ($0.key, $0.value) }
    ) { $1 }
    #expect(rows.count == scores.count)
    var succeeded = 0
    for row in rows {
      let parts = row.split(separator: "|").map(String.init)
      let theirs = try #require(scores[parts[0]])
      #expect((parts[2] == "t") == theirs[1]?.boolValue, "\(row)")
      expectEqual(Double(parts[1]), theirs[0]?.doubleValue, row, tolerance)
      if parts[2] == "t" { succeeded += 1 }
    }
    return succeeded
  }

  /// Expects the same windows in `models` and in the snapshots, and the same leaderboard.
  func expectEqualStandings(modelCount: Int, tolerance: Double = 1e-9) throws {
    let query = """
      SELECT json_build_object('id', m.crunch_identifier, 'recent', m.overall_score_recent,
        'steady', m.overall_score_steady, 'anchor', m.overall_score_anchor,
        'params', m.scores_by_param, 'same', s.scores_by_param::text = m.scores_by_param::text
          AND s.overall_score_recent IS NOT DISTINCT FROM m.overall_score_recent
          AND s.overall_score_steady IS NOT DISTINCT FROM m.overall_score_steady
          AND s.overall_score_anchor IS NOT DISTINCT FROM m.overall_score_anchor)
      FROM models AS m JOIN model_score_snapshots AS s ON s.model_id = m.crunch_identifier
      """
    let rows = try game.database.rows(query).map { try JSONValue.parse(text: $0) }
    #expect(rows.count == modelCount)
    for ours in rows {
      let id = try #require(ours["id"]?.stringValue)
      let theirs = try #require(expected["models"]?[id])
      #expect(ours["same"] == true, "the snapshot of \(id)")
      expectEqualWindows(ours, theirs["overall"], id, tolerance)
      let entries = ours["params"]?.arrayValue ?? []
      let others = theirs["scores_by_param"]?.arrayValue ?? []
      #expect(entries.map { $0["param"] } == others.map { $0["param"] }, "\(id)")
      for (left, right) in zip(entries, others) {
        expectEqualWindows(left["score"], right["score"], id, tolerance)
      }
    }
    let entries = try JSONValue.parse(
      text: try game.database.value("SELECT entries FROM leaderboards"))
    let board = (entries.arrayValue ?? []).map { $0["model_id"]?.stringValue }
    #expect(board == expected["ranking"]?.arrayValue?.map(\.stringValue))
    #expect(
      (entries.arrayValue ?? []).map { $0["rank"]?.intValue } == (1...modelCount).map { Int64($0) })
    #expect(entries[0]?["player_name"] == "Player")
  }

  private func expectEqualWindows(
    _ ours: JSONValue?, _ theirs: JSONValue?, _ id: String, _ tolerance: Double
  ) {
    for window in ["recent", "steady", "anchor"] {
      expectEqual(
        ours?[window]?.doubleValue, theirs?[window]?.doubleValue, "\(id) \(window)", tolerance)
    }
  }

  /// Python sums up in another order.
  private func expectEqual(
    _ ours: Double?, _ theirs: Double?, _ what: String, _ tolerance: Double
  ) {
    guard let ours, let theirs else {
      #expect(ours == theirs, "\(what)")
      return
    }
    #expect(abs(ours - theirs) <= tolerance * max(abs(ours), abs(theirs)), "\(what): \(theirs)")
  }
}
