import Foundation
import Testing

/// The worker's metrics file.
@Suite(.timeLimit(.minutes(5))) struct ScoreMetricsTests {
  private func samples(_ game: ScoreGame) throws -> [String: Double] {
    let text = try String(contentsOfFile: game.folder.path("metrics-score.prom"), encoding: .utf8)
    var samples: [String: Double] = [:]
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      guard let space = line.lastIndex(of: " ") else { continue }
      let name = line[..<space].replacing("{crunch=\"condorgame\"}", with: "")
        .replacing("crunch=\"condorgame\",", with: "")
      samples[String(name)] = Double(line[line.index(after: space)...])
    }
    return samples
  }

  private func settings(_ game: ScoreGame, _ more: String = "") -> String {
    "metrics_file: \"\(game.folder.path("metrics.prom"))\"\n\(more)"
  }

  @Test func aRunIsToldInAFileBesideThePredictWorkers() async throws {
    let game = try await ScoreGame()
    try game.writePrices(until: game.newest.advanced(by: .seconds(-1_800)))
    try game.add("a", .density(ScoreGame.norm), rounds: 4)
    try game.add("b", .none("FAILED"), rounds: 4)
    try game.score(settings(game), ["--dry-run"])
    #expect(!FileManager.default.fileExists(atPath: game.folder.path("metrics-score.prom")))
    try game.score(settings(game))
    #expect(!FileManager.default.fileExists(atPath: game.folder.path("metrics.prom")))
    let told = try samples(game)
    #expect(told["updraft_score_running"] == 0)
    #expect(told[#"updraft_score_runs_total{end="published"}"#] == 1)
    #expect(told[#"updraft_score_runs_total{end="failed"}"#] == 0)
    #expect(told[#"updraft_score_predictions_total{result="scored"}"#] == 3)
    #expect(told[#"updraft_score_predictions_total{result="failed"}"#] == 3)
    // The newest round, of an hour ago, has no prices yet.
    #expect(told["updraft_score_waiting_predictions"] == 2)
    #expect((3_500...4_000).contains(told["updraft_score_waiting_seconds"] ?? 0), "\(told)")
    #expect(told["updraft_score_ready_predictions"] == 0)
    #expect(told["updraft_score_models"] == 2)
    #expect(told["updraft_score_leaderboard_age_seconds"] ?? 99 < 60)
    #expect(told["updraft_score_last_error_age_seconds"] == nil)
    #expect(told["updraft_score_run_duration_seconds_count"] == 1)
    #expect(told["updraft_score_process_open_fds"] ?? 0 > 2)
  }

  @Test func faultsOfAProgramAndRunsThatFailAreCounted() async throws {
    let game = try await ScoreGame()
    try game.writePrices()
    try game.add("a", .density(ScoreGame.norm), rounds: 3)
    try game.score(settings(game, "score: {command: [\"false\"]}"), exitCode: 69)
    let told = try samples(game)
    #expect(told[#"updraft_score_runs_total{end="failed"}"#] == 1)
    #expect(told["updraft_score_last_error_age_seconds"] ?? 99 < 60)
    #expect(told["updraft_score_program_starts_total"] == 3)
    #expect(told["updraft_score_program_faults_total"] == 3)
    #expect(told[#"updraft_score_predictions_total{result="scored"}"#] == 0)
  }

  @Test func aFileThatCannotBeWrittenIsOneWarningAndScoringGoesOn() async throws {
    let game = try await ScoreGame()
    try game.writePrices()
    try game.add("a", .density(ScoreGame.norm), rounds: 3)
    let ended = try game.score("metrics_file: /no/such/folder/metrics.prom")
    #expect(ended.errors.split(separator: "\n").count { $0.contains("metrics_file") } == 1)
    #expect(ended.errors.contains("/no/such/folder/metrics-score.prom.tmp"), "\(ended)")
    #expect(
      try game.database.value("SELECT count(*) FROM predictions WHERE score_success") == "3")
  }
}
