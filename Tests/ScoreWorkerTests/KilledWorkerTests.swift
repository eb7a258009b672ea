import Competition
import Foundation
import Resilience
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

  /// 50 kills, five a database; `KILL_COUNT` makes more. The worst score of the run goes to
  /// failures, so that the figures depend on what belongs to one run.
  @Test func aWorkerKilledAtAnyMomentLeavesWhatAnUndisturbedOneWould() async throws {
    let game = try await game()
    let seed = getenv("KILL_SEED").flatMap { UInt64(String(cString: $0)) } ?? .random(in: 1...9_999)
    let count = getenv("KILL_COUNT").flatMap { Int(String(cString: $0)) } ?? 50
    print("killed workers: KILL_SEED=\(seed) KILL_COUNT=\(count)")
    var random = SplitMix64(seed: seed)
    var plans: [(settings: String, wholeSeconds: Double, result: [String])] = []
    for settings in ["failed: worst", "compat: true", "method: crps"].map({ "score: {\($0)}" }) {
      let undisturbed = try await game.copy()
      let whole = try duration(of: try undisturbed.score(settings))
      plans.append((settings, whole, try result(undisturbed)))
    }
    var phases: [String: Int] = [:]
    for number in 0..<(count + 4) / 5 {
      let plan = plans[number % plans.count]
      let tormented = try await game.copy()
      let path = try tormented.configuration(plan.settings)
      var seconds = plan.wholeSeconds
      for _ in 0..<min(5, count - number * 5) {
        let phase = try kill(
          tormented, path, within: &seconds, using: &random)
        phases[phase, default: 0] += 1
      }
      try waitForSessions(of: tormented)
      try tormented.score(plan.settings)
      #expect(try result(tormented) == plan.result, "KILL_SEED=\(seed), \(plan.settings)")
    }
    print("killed while: \(phases.sorted { $0.value > $1.value }.map { "\($0) \($1)" })")
    #expect(phases.values.reduce(0, +) == count)
    #expect(phases.count >= 4, "\(phases)")
  }

  /// Starts a worker and kills it at some moment of its run; one that was done before doesn't
  /// count, and makes the next moments earlier: a database that is scored takes less time.
  ///
  /// - Returns: what it was doing.
  private func kill(
    _ game: ScoreGame, _ path: String, within seconds: inout Double,
    using random: inout SplitMix64
  ) throws -> String {
    while true {
      let start = UTCTime.now().iso8601
      let worker = try WorkerProcess(["--config", path, "--once"], folder: game.folder)
      let left = Int32.random(in: 1...Int32(seconds * 1_000), using: &random)
      // The moment is the test, not a wait for something.
      poll(nil, 0, left)
      worker.signal(SIGSTOP)
      if worker.hasEnded {
        seconds = max(0.02, min(seconds * 0.7, Double(left) / 1_000))
        continue
      }
      let query = try game.database.rows(
        """
        SELECT query FROM pg_stat_activity WHERE application_name = 'score-worker'
          AND datname = current_database() AND backend_start >= '\(start)'
        ORDER BY backend_start DESC LIMIT 1
        """)
      worker.signal(SIGKILL)
      guard try worker.wait().code == nil else { continue }
      return Self.phase(query.first)
    }
  }

  /// What a worker does whose session's last statement is `query`.
  private static func phase(_ query: String?) -> String {
    guard let query else { return "starting" }
    let words = [
      ("COPY (SELECT", "scoring a batch"), ("UPDATE predictions AS p", "storing a batch"),
      ("pg_advisory_xact_lock_shared", "beginning a batch"), ("updraft_prices", "taking prices"),
      ("FROM predictions AS p WHERE", "looking for rounds"), ("SELECT w.*", "summing up"),
      ("SET score_value = $1", "deciding failures"), ("models", "publishing"),
      ("leaderboards", "publishing"), ("updraft_score_runs", "publishing"), ("DELETE", "pruning"),
      ("COMMIT", "committing"), ("BEGIN", "between steps"),
    ]
    return words.first { query.contains($0.0) }?.1 ?? "opening"
  }

  /// Of killed workers the server learns when it writes to them.
  private func waitForSessions(of game: ScoreGame) throws {
    try waitUntil(seconds: 60, "the killed workers' sessions are gone") {
      try game.database.value(
        """
        SELECT count(*) FROM pg_stat_activity
        WHERE application_name = 'score-worker' AND datname = current_database()
        """) == "0"
    }
  }

  @Test func whatAKilledWorkersSessionStillHoldsBelongsToTheRunThatWaitsForIt() async throws {
    let game = try await game()
    let worker = try game.database.with { session in
      // A worker's batch, up to where it was killed.
      try session.execute(
        """
        BEGIN; SELECT pg_advisory_xact_lock_shared(\(0x53_434F_5249_4E47));
        SELECT id FROM predictions WHERE resolvable_at > '\(game.newest.iso8601)'::timestamp
          - interval '2 d' FOR NO KEY UPDATE
        """, doing: "hold rows")
      let worker = try WorkerProcess(
        ["--config", try game.configuration("score: {failed: worst}"), "--once"],
        folder: game.folder)
      try waitUntil(seconds: 60, "the worker waits to publish: \(worker.errors)") {
        try game.database.value(
          """
          SELECT count(*) FROM pg_stat_activity
          WHERE wait_event = 'advisory' AND datname = current_database()
          """) == "1"
      }
      #expect(
        try game.database.count("SELECT count(*) FROM predictions WHERE score_scored_at IS NULL")
          > 100)
      return worker
    }
    #expect(try worker.wait().code == 0, "\(worker.errors)")
    #expect(
      try game.database.rows("SELECT scored, failed FROM updraft_score_runs") == ["2400|600"])
    #expect(
      try game.database.count(
        "SELECT count(DISTINCT score_value) FROM predictions WHERE NOT score_success") == 1)
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
