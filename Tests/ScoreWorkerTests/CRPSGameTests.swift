import Foundation
import Testing

/// A whole game of `score.method: crps`, beside crunch-synth, on prices of `updraft price-server`.
@Suite(.timeLimit(.minutes(10))) struct CRPSGameTests {
  private static let assets = ["BTC", "ETH", "XAU"]
  private static let crps = "method: crps, crps: {t: {XAU: 33}}"
  private let scores = "SELECT id, score_value, score_success FROM predictions ORDER BY id"

  /// A price server and its address.
  private func startPriceServer(_ game: inout ScoreGame) throws -> WorkerProcess {
    let server = try WorkerProcess(
      ["price-server", "--port", "0", "--assets", Self.assets.joined(separator: ",")],
      program: WorkerProcess.built("updraft"), folder: game.folder)
    var url: String?
    try waitUntil(seconds: 60, "the price server listens: \(server.errors)") {
      url = server.errors.firstMatch(of: /listening on (http:\S+?),/).map { String($0.output.1) }
      return url != nil
    }
    game.prices = "source: http, url: \"\(url ?? "")\""
    return server
  }

  private func norm(_ location: Double, _ scale: Double) -> String {
    #"{"type":"builtin","name":"norm","params":{"loc":\#(location),"scale":\#(scale)}}"#
  }

  private func addModels(_ game: ScoreGame) throws {
    // About what a minute moves each of them.
    for (asset, move) in [("BTC", 65.0), ("ETH", 3), ("XAU", 1)] {
      try game.add("good", .density(norm(0, move)), rounds: 62, asset: asset)
      try game.add("wide", .density(norm(move, 9 * move)), rounds: 62, asset: asset)
    }
    let t = #"{"type":"builtin","name":"t","params":{"df":3,"loc":0,"scale":50}}"#
    try game.add("t", .density(t), rounds: 60)
    // Longer steps than 300 s: a wider grid.
    try game.add("long", .density(t), rounds: 30, horizon: 3_600, step: 600)
    let mixture = """
      {"type":"mixture","components":[{"density":\(norm(20, 60)),"weight":2},
      {"density":{"type":"statistics","name":"normal","params":{"sigma":90}},"weight":-1}]}
      """
    try game.add("mixture", .density(mixture), rounds: 61)
    try game.add("far", .density(norm(1_400, 20)), rounds: 62)
    try game.add("wrong", .text("[1, 2, 3]"), rounds: 62)
    try game.add("wrong", .none("TIMEOUT"), rounds: 62, asset: "ETH")
    try game.add("half", .density(norm(0, 65)), rounds: 31, every: 21_600)
    try game.add("half", .none("FAILED"), rounds: 62, asset: "ETH")
    try game.add("none", .none("ABSENT"), rounds: 0)
  }

  @Test(arguments: [false, true])
  func scoresWindowsAndRanksAreCrunchSynthsAndFailuresGetTheWorstScore(compat: Bool) async throws {
    var game = try await ScoreGame()
    let server = try startPriceServer(&game)
    defer { server.signal(SIGTERM) }
    try addModels(game)
    try game.score("score: {\(Self.crps), compat: \(compat)}")
    let condor = try CondorScores(game, method: "crps", compat: compat, scales: ["XAU": 33])
    #expect(try condor.expectEqualScores(tolerance: 1e-6) > 500)
    try condor.expectEqualStandings(modelCount: 9, tolerance: 1e-6)
    let failed = try #require(condor.failedScore)
    #expect(failed > 1)
    let recorded = try game.database.value("SELECT failed_score FROM updraft_score_runs")
    #expect(abs((Double(recorded) ?? 0) - failed) <= 1e-6 * failed)
    #expect(
      try game.database.rows("SELECT DISTINCT score_value FROM predictions WHERE NOT score_success")
        == [recorded])
    let board = try game.database.rows(
      "SELECT e ->> 'model_id' FROM leaderboards, json_array_elements(entries) AS e")
    // Ascending; who always fails stands behind who is always far off.
    let known = board.filter { ["good", "wide", "far", "wrong"].contains($0) }
    #expect(known == ["good", "wide", "far", "wrong"])
  }

  @Test(arguments: [false, true])
  func aSecondRunChangesNothingAndLaterFailuresGetTheRecordedScore(compat: Bool) async throws {
    let game = try await ScoreGame()
    try game.writePrices()
    let settings = "score: {\(Self.crps), compat: \(compat)}"
    try game.add("a", .density(norm(0, 0.2)), rounds: 60)
    try game.add("b", .none("FAILED"), rounds: 60)
    try game.score(settings)
    let before = try game.database.rows(scores)
    let worst = try game.database.value("SELECT max(score_value) FROM predictions")
    try game.score(settings)
    #expect(try game.database.rows(scores) == before)
    #expect(
      try game.database.value("SELECT count(DISTINCT entries::text) FROM leaderboards") == "1")
    // A run that decides nothing records nothing.
    let recorded = "SELECT failed_score FROM updraft_score_runs ORDER BY run_at"
    #expect(try game.database.rows(recorded) == [worst, "∅"])
    try game.add("c", .none("TIMEOUT"), rounds: 3)
    try game.score(settings)
    #expect(
      try game.database.rows("SELECT DISTINCT score_value FROM predictions WHERE model_id = 'c'")
        == [worst])
    let all = try game.database.rows(scores)
    try game.score(settings, ["--from", "2020-01-01"])
    #expect(try game.database.rows(scores) == all)
  }

  @Test func aRunOfFailuresAloneGetsTheWorstThatCanBe() async throws {
    let game = try await ScoreGame()
    try game.writePrices()
    try game.add("b", .none("FAILED"), rounds: 3)
    try game.score("score: {\(Self.crps)}")
    // Ten steps of 60 s: 2 for each, over ±t.
    #expect(
      try game.database.rows("SELECT DISTINCT score_value FROM predictions") == ["20"])
  }

  @Test func anAssetWithoutAScaleIsNamedBeforeAnythingIsScoredAndWaitsLater() async throws {
    let game = try await ScoreGame()
    try game.writePrices(assets: ["BTC", "XAG"])
    try game.add("a", .density(norm(0, 0.2)), rounds: 3)
    try game.add("a", .density(norm(0, 0.2)), rounds: 3, asset: "XAG")
    // Nobody asks for it any more: its predictions wait, the others are scored.
    let ended = try game.score("score: {\(Self.crps)}")
    #expect(ended.errors.contains("asset=XAG"), "\(ended)")
    let state = """
      SELECT asset, count(*) FILTER (WHERE score_success), count(*) FROM predictions
      GROUP BY asset ORDER BY asset
      """
    #expect(try game.database.rows(state) == ["BTC|3|3", "XAG|0|3"])
    try game.database.execute(
      "INSERT INTO prediction_configs VALUES ('CFG_A', 'XAG', 600, 60, 600, true, 1)")
    for (option, exitCode) in [("--once", Int32(78)), ("--check", 1)] {
      let refused = try game.score("score: {\(Self.crps)}", [option], exitCode: exitCode)
      #expect((refused.errors + refused.output).contains("no scale for XAG"), "\(refused)")
    }
    try game.score("score: {method: crps, crps: {t: {XAG: 0.5}}}")
    #expect(try game.database.rows(state) == ["BTC|3|3", "XAG|3|3"])
  }
}
