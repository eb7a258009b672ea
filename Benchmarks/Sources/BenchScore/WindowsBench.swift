import BenchSupport
import Competition
import Foundation
import Storage

/// A run of score-worker that has nothing to score: windows and leaderboard over the stored scores
/// of eight days, and how their time grows with the number of scores.
struct WindowsBench {
  private static let secondsMax = 10.0
  /// How much longer than in proportion the whole may take than a quarter of it.
  private static let growthMax = 1.5
  private static let runsMax = 3
  private let worker: String
  private let stored: Int
  private let runs: Int

  init(_ arguments: Arguments) throws {
    worker = arguments.worker ?? ""
    stored = arguments.stored
    runs = min(arguments.runs, Self.runsMax)
  }

  /// Measures a quarter, a half and all of the scores.
  ///
  /// - Returns: how many targets were missed.
  func run() async throws -> Int {
    let server = try await ScoringServer.start()
    do {
      let missed = try measure(server)
      await server.stop()
      return missed
    } catch {
      await server.stop()
      throw error
    }
  }

  private func measure(_ server: ScoringServer) throws -> Int {
    print("windows and leaderboard, score-worker --once with nothing to score, medians of \(runs)")
    print("stored scores    wall s   worker CPU s   peak MB")
    let path = try server.writeConfiguration(days: 1)
    let counts = [stored / 4, stored / 2, stored]
    var seconds: [Double] = []
    var before = 0
    for count in counts {
      try store(before..<count, server)
      before = count
      let measured = try (0..<runs).map { _ in
        try WorkerRun(worker, configuration: path, core: 0)
      }.sorted { $0.wallSeconds < $1.wallSeconds }
      let run = measured[runs / 2]
      seconds.append(run.wallSeconds)
      print(
        String(
          format: "%13d %9.2f %14.2f %9.1f", count, run.wallSeconds, run.cpuSeconds,
          Double(run.peakBytes) / 1e6))
    }
    let entries = try server.number(
      "SELECT min(json_array_length(entries)) FROM leaderboards")
    guard entries == ScoringServer.modelCount else {
      throw BenchError("\(entries) models are on a leaderboard")
    }
    let growth = seconds[2] / seconds[0] / 4
    print(
      String(
        format: "%.1f s for all (target: %.0f s); four times as many take %.1f times as long",
        seconds[2], Self.secondsMax, seconds[2] / seconds[0]))
    return (seconds[2] < Self.secondsMax ? 0 : 1) + (growth <= Self.growthMax ? 0 : 1)
  }

  /// Stores scored predictions of one step: of all models, for ten params, over eight days.
  private func store(_ numbers: Range<Int>, _ server: ScoringServer) throws {
    try server.execute(
      """
      INSERT INTO predictions (id, model_id, asset, horizon, step, status, exec_time,
        distributions, performed_at, resolvable_at, score_value, score_success, score_scored_at)
      SELECT 'PRE_' || n, 'm' || (1 + n % \(ScoringServer.modelCount)), 'A' || (n / 100 % 10), 60,
        60, 'SUCCESS', 1000, '[{"type":"builtin","name":"norm","params":{"loc":0,"scale":0.001}}]',
        at - interval '60 s', at, random() * 100, true, at
      FROM generate_series(\(numbers.lowerBound), \(numbers.upperBound - 1)) AS n,
        LATERAL (SELECT '\(server.newest.iso8601)'::timestamp
          - (hashint4(n)::bigint + 2147483648) % 691200 * interval '1 s' AS at) AS time
      """)
    // What autovacuum would do by and by.
    try server.execute("VACUUM (ANALYZE) predictions")
    try server.execute("CHECKPOINT")
  }
}
