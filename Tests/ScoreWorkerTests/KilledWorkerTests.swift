import Competition
import Foundation
import Testing

/// Workers that are killed, and workers that share the work.
@Suite(.timeLimit(.minutes(10))) struct KilledWorkerTests {
  /// Everything that scoring writes, but for times and the ids made of them.
  private func result(_ game: ScoreGame) throws -> [String] {
    try game.database.rows(
      "SELECT id, score_value, score_success, score_failed_reason FROM predictions ORDER BY id")
      + game.database.rows(
        // A mean depends on the order of its rows in its last digits.
        """
        SELECT crunch_identifier, to_char(overall_score_recent, '9.999999999EEEE'),
          to_char(overall_score_steady, '9.999999999EEEE'),
          to_char(overall_score_anchor, '9.999999999EEEE') FROM models ORDER BY 1
        """)
      + game.database.rows(
        """
        SELECT entry ->> 'rank', entry ->> 'model_id'
        FROM (SELECT entries FROM leaderboards ORDER BY created_at DESC LIMIT 1) AS newest,
          json_array_elements(entries) AS entry
        """)
  }

  private func game() async throws -> ScoreGame {
    let game = try await ScoreGame()
    try game.writePrices(assets: ["BTC"])
    for number in 0..<20 {
      let density = ScoreGame.norm.replacing("0.001", with: "0.00\(number + 10)")
      try game.add("m\(number)", .density(density), rounds: 120, every: 5_400)
    }
    for number in 0..<5 { try game.add("bad\(number)", .none("FAILED"), rounds: 120, every: 5_400) }
    return game
  }

  /// 50 kills; `KILL_COUNT` makes more. The worst score of the run goes to failures, so that the
  /// figures depend on what belongs to one run.
  @Test(arguments: ["score: {failed: worst}", "score: {compat: true}"])
  func aWorkerKilledAtAnyMomentLeavesWhatAnUndisturbedOneWould(settings: String) async throws {
    let game = try await game()
    let undisturbed = try await game.copy()
    let clean = try undisturbed.score(settings)
    let whole = try duration(of: clean)
    let seed = getenv("KILL_SEED").flatMap { UInt64(String(cString: $0)) } ?? .random(in: 1...9_999)
    let count = getenv("KILL_COUNT").flatMap { Int(String(cString: $0)) } ?? 25
    print("killed workers: KILL_SEED=\(seed) KILL_COUNT=\(count), a run takes \(whole) s")
    var random = SeededGenerator(state: seed)
    let path = try game.configuration(settings)
    var killedCount = 0
    for _ in 0..<count {
      let worker = try WorkerProcess(["--config", path, "--once"], folder: game.folder)
      let left = UInt32.random(in: 1_000...UInt32(whole * 1e6), using: &random)
      // The moment is the test, not a wait for something.
      poll(nil, 0, Int32(left / 1_000))
      if !worker.hasEnded { killedCount += 1 }
      worker.signal(SIGKILL)
      try worker.wait()
    }
    #expect(killedCount > 0)
    // Of killed workers the server learns when it writes to them.
    try waitUntil(seconds: 60, "the killed workers' sessions are gone") {
      try game.database.value(
        """
        SELECT count(*) FROM pg_stat_activity
        WHERE application_name = 'score-worker' AND datname = current_database()
        """) == "0"
    }
    try game.score(settings)
    #expect(try result(game) == result(undisturbed), "KILL_SEED=\(seed)")
  }

  @Test func twoWorkersAtOnceScoreEverythingOnceAndLeaveTheSame() async throws {
    let game = try await game()
    let alone = try await game.copy()
    try alone.score("score: {failed: worst}")
    let path = try game.configuration("score: {failed: worst}")
    let workers = try (0..<3).map { _ in
      try WorkerProcess(["--config", path, "--once"], folder: game.folder)
    }
    for worker in workers { #expect(try worker.wait().code == 0, "\(worker.errors)") }
    // The last to publish may have begun when another one still scored.
    try game.score("score: {failed: worst}")
    #expect(
      try game.database.value("SELECT sum(scored), sum(failed) FROM updraft_score_runs")
        == "2400|600")
    let query = "SELECT id, score_value IS NULL FROM predictions ORDER BY id"
    #expect(try game.database.rows(query) == alone.database.rows(query))
    let scores = "SELECT id, score_value FROM predictions WHERE score_success ORDER BY id"
    #expect(try game.database.rows(scores) == alone.database.rows(scores))
  }

  /// From its start to its end, seconds.
  private func duration(of ended: WorkerProcess.Ended) throws -> Double {
    let mark = try #require(ended.errors.firstRange(of: "seconds="), "\(ended)")
    let digits = ended.errors[mark.upperBound...].prefix { $0.isNumber || $0 == "." }
    return max(0.3, (Double(digits) ?? 0) + 0.2)
  }
}

/// SplitMix64.
private struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
