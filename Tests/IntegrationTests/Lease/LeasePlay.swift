import Competition
import Glibc
import Testing

/// A game that several workers of a test want to play: a round a second of simulated models.
struct LeasePlay {
  private let stage: Stage
  private let database: GameDatabase
  private let game: Game
  private let modelCount: Int

  init(_ database: GameDatabase, models: Int, on stage: Stage) async throws {
    self.stage = stage
    self.database = database
    modelCount = models
    try database.execute(
      """
      DELETE FROM prediction_configs;
      INSERT INTO prediction_configs VALUES ('CFG_A', 'BTC', 10, 2, 1, true, 1)
      """)
    game = Game(
      orchestratorPort: try await stage.startFleet(["--models", "\(models)"]),
      pricesURL: try await stage.startPriceServer(assets: ["BTC"]), tick: "500ms", timeout: "5s")
  }

  func startWorker(_ options: [String] = []) async throws -> Program {
    try await stage.startWorker(game, database, options)
  }

  /// The last line of a worker's log with `text`.
  static func line(_ text: String, of worker: Program) -> String? {
    worker.errorLines.last { $0.contains(text) }
  }

  /// Of two workers that started together, first the one that plays, then the one that waits.
  func ranked(_ one: Program, _ other: Program) async throws -> (Program, Program) {
    try await stage.eventually("one of the workers plays, the other waits") {
      for (first, second) in [(one, other), (other, one)]
      where Self.line("game started", of: first) != nil
        && Self.line("waiting:", of: second) != nil
      {
        return (first, second)
      }
      return nil
    }
  }

  /// Waits until so many more rounds are stored.
  func waitForRounds(_ count: Int) async throws {
    let query = "SELECT count(*) FROM updraft_rounds"
    let before = try database.count(query)
    try await stage.wait("\(count) more rounds are stored") {
      try database.count(query) >= before + count
    }
  }

  func aWaitEndsAtOnceWithATerm() async throws {
    let worker = try await startWorker()
    try await stage.wait("it waits") { Self.line("waiting:", of: worker) != nil }
    let asked = MonotonicInstant.now()
    await worker.signal(SIGTERM)
    let ended = try await stage.end(of: worker, within: .seconds(20))
    #expect(ended.exit.isSuccess, "\(ended)")
    #expect(MonotonicInstant.now().since(asked) < .seconds(5))
    #expect(ended.errors.contains("stopped before its turn came"))
  }

  func theCheckTellsWhoPlays() async throws {
    let check = try await startWorker(["--check"])
    let ended = try await stage.end(of: check)
    let row = ended.outputLines.first { $0.contains("lease") }
    #expect(row?.contains("1/1 is held") == true, "\(ended)")
    let other = try await startWorker(["--check", "--shard", "2/2"])
    let told = try await stage.end(of: other).output
    #expect(told.contains("another worker runs this game as 1/1"), "\(told)")
  }

  /// Every turn was played once, and each round has each of its models once.
  func checkLedger() throws {
    // One worker's turns are a second apart; a second one's would lie between them.
    let close = try database.rows(
      """
      SELECT * FROM (SELECT performed_at,
        performed_at - lag(performed_at) OVER (ORDER BY performed_at) AS gap FROM updraft_rounds
      ) AS rounds WHERE gap < interval '300 ms'
      """)
    #expect(close.isEmpty, "a turn was played twice")
    let wrong = try database.rows(
      """
      SELECT performed_at, count(*), count(DISTINCT model_id) FROM predictions GROUP BY 1
      HAVING count(*) <> count(DISTINCT model_id) OR count(*) > \(modelCount)
      """)
    #expect(wrong.isEmpty)
    #expect(
      try database.count("SELECT count(DISTINCT performed_at) FROM predictions")
        == database.count("SELECT count(*) FROM updraft_rounds"))
  }
}
