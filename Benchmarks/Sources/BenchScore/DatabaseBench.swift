import BenchSupport
import Competition
import Foundation
import Storage

/// `score-worker --once` over a backlog of predictions of 288 steps: read, scored and written, with
/// prices, windows, leaderboard and pruning. Worker and database session share one core.
struct DatabaseBench {
  private static let core = 0
  private static let perMinuteMin = 100_000.0
  private static let peakMax = 200 << 20
  private let worker: String
  private let backlog: Int

  init(_ arguments: Arguments) throws {
    worker = arguments.worker ?? ""
    backlog = arguments.backlog
  }

  /// Measures each kind with a small and with the whole backlog, and prints a line of each.
  ///
  /// - Returns: how many targets were missed.
  func run() async throws -> Int {
    print("from database to database: worker and session on one core, default durability")
    print("kind       backlog    wall s   worker CPU s   predictions/min   peak MB   a prediction")
    var missed = 0
    for kind in StoredKind.allCases {
      let server = try await ScoringServer.start(core: Self.core)
      do {
        missed += try measure(kind, server)
      } catch {
        await server.stop()
        throw error
      }
      await server.stop()
    }
    return missed
  }

  private func measure(_ kind: StoredKind, _ server: ScoringServer) throws -> Int {
    let texts = Predictions.texts(ScoringServer.modelCount, kind)
    let bytes = texts.reduce(0) { $0 + $1.utf8.count } / texts.count
    try server.execute("CREATE TABLE texts (n int, text json)")
    try server.execute(
      "INSERT INTO texts SELECT n, t::json FROM unnest($1::text[]) WITH ORDINALITY AS u (t, n)",
      [.texts(texts)])
    // Three norms are four times as long: as many bytes, not as many rows.
    let whole = kind == .norm ? backlog : backlog / 4
    let rounds = [whole / 10, whole].map { max(1, $0 / texts.count) }
    let path = try server.writeConfiguration(
      days: 3 + rounds.reduce(0, +) * ScoringServer.roundSeconds / 86_400)
    var first = 0
    var missed = 0
    for count in rounds {
      try store(count, from: first, server)
      first += count
      let run = try WorkerRun(worker, configuration: path, core: Self.core)
      let rows = count * texts.count
      let left = try server.number(
        "SELECT count(*) FROM predictions WHERE score_success IS NOT TRUE")
      guard left == 0 else { throw BenchError("\(left) predictions were not scored") }
      let perMinute = Double(rows) / run.wallSeconds * 60
      let isMet =
        (count != rounds.last || perMinute >= Self.perMinuteMin) && run.peakBytes <= Self.peakMax
      missed += isMet ? 0 : 1
      print(
        String(
          format: "%-9@ %8d %9.2f %14.2f %17.0f %9.1f   %d B", kind.rawValue as NSString, rows,
          run.wallSeconds, run.cpuSeconds, perMinute, Double(run.peakBytes) / 1e6, bytes)
          + (isMet ? "" : "   missed"))
    }
    return missed
  }

  /// Stores rounds of all models, the `start`th one and those before it.
  private func store(_ count: Int, from start: Int, _ server: ScoringServer) throws {
    let params = Predictions.params
    try server.execute(
      """
      INSERT INTO predictions (id, model_id, asset, horizon, step, status, exec_time,
        distributions, performed_at, resolvable_at)
      SELECT 'PRE_m' || n || '_' || round, 'm' || n, '\(params.asset)', \(params.horizonSeconds),
        \(params.stepSeconds), 'SUCCESS', 1000, text,
        at - interval '\(params.horizonSeconds) s', at
      FROM generate_series(\(start), \(start + count - 1)) AS round, texts,
        LATERAL (SELECT '\(server.newest.iso8601)'::timestamp
          - round * \(ScoringServer.roundSeconds) * interval '1 s' AS at) AS time;
      ANALYZE predictions; CHECKPOINT
      """)
  }
}
