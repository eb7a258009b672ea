import Competition
import GatewayTestSupport
import Glibc
import Storage
import Testing

extension IntegrationTests {
  /// Workers that die or stop in the middle of a round, and those that come after them.
  @Suite struct RestartTests {
    @Test func aWorkerKilledInAnOpenRoundOwesNobodyARowAfterItsRestart() async throws {
      try await withStage { stage in
        let database = try await GameDatabase.initialized(on: stage)
        var game = Game(
          orchestratorPort: try await stage.startFleet([
            "--models", "12", "--hang-fraction", "0.25",
          ]))
        game.pricesURL = try await stage.startPriceServer()
        game.timeout = "3s"
        game.spool = "\(stage.folder)/spool"
        let folder = SpoolFolder(directory: "\(stage.folder)/spool")
        let worker = try await stage.startWorker(game, database)
        let file = try await stage.eventually("a round is open and has answers") {
          Self.openRound(in: folder, answers: 6)?.file
        }
        await worker.kill()
        let left = try folder.read(file)
        #expect(left.closing == nil)
        let arrived = left.answers.values.count { $0.answer.status == .success }
        let round = left.opening.performedAt.iso8601
        let second = try await stage.startWorker(game, database)
        try await stage.wait("the round is stored") {
          try database.count("SELECT count(*) FROM predictions WHERE performed_at = '\(round)'")
            == left.opening.entries.count
        }
        #expect(
          try database.count(
            "SELECT count(*) FROM predictions WHERE performed_at = '\(round)' "
              + "AND status = 'SUCCESS'") == arrived)
        let restarted = try database.count(
          "SELECT count(*) FROM updraft_failures WHERE detail LIKE 'RESTARTED: %'")
        #expect(restarted == left.opening.calledModels.count - left.answers.count)
        try await stage.wait("new rounds are stored") {
          try database.count("SELECT count(*) FROM updraft_rounds") >= 3
        }
        await second.signal(SIGTERM)
        #expect(try await stage.end(of: second).exit.isSuccess)
        Self.checkLedger(try database.rows(Self.ledger))
      }
    }

    @Test func aWorkerThatStopsWithoutItsDatabaseLeavesItsRoundsInTheSpool() async throws {
      let server = try await ScratchPostgres.start(.forTests)
      let database = GameDatabase(configuration: server.configuration)
      try await withStage { stage in
        let made = try await stage.run(
          [try BuiltProgram.updraft.path, "init-db"], variables: database.variables)
        try #require(made.exit.isSuccess, "\(made)")
        var game = Game(
          orchestratorPort: try await stage.startFleet([
            "--models", "5", "--hang-fraction", "0.2",
          ]))
        game.pricesURL = try await stage.startPriceServer()
        game.timeout = "3s"
        game.spool = "\(stage.folder)/spool"
        let folder = SpoolFolder(directory: "\(stage.folder)/spool")
        let worker = try await stage.startWorker(game, database)
        _ = try await stage.eventually("a round is open and has answers") {
          Self.openRound(in: folder, answers: 3)
        }
        await server.halt(.immediate)
        await worker.signal(SIGTERM)
        let ended = try await stage.end(of: worker)
        #expect(ended.exit.isSuccess, "\(ended)")
        #expect(ended.errors.contains("the next start stores them"))
        let left = try folder.list().segments.count
        #expect(left >= 1)
        try await server.launch()
        let spool = ["--dir", folder.directory]
        let checked = try await stage.run(
          [try BuiltProgram.updraft.path, "spool", "replay", "--config"]
            + [try stage.write(game.text, to: "replay.yml")] + spool,
          variables: database.variables)
        #expect(checked.exit.isSuccess, "\(checked)")
        #expect(checked.output.contains("\(left) rounds and"))
        #expect(try folder.list().segments.isEmpty)
        Self.checkLedger(try database.rows(Self.ledger))
      }
      await server.stop()
    }

    /// A round that is open and of which so much has arrived.
    private static func openRound(in folder: SpoolFolder, answers: Int) -> RecoveredRound? {
      // Between the listing and the reading a round may be stored and removed.
      let segments = (try? folder.list().segments) ?? []
      return segments.lazy.compactMap { try? folder.read($0) }
        .first { $0.closing == nil && $0.answers.count >= answers }
    }

    private static let ledger = """
      SELECT count(*) - count(DISTINCT model_id), count(*) - count(DISTINCT p.id),
        count(*) - max(r.success + r.failed + r.timeout + r.absent)
      FROM predictions p JOIN updraft_rounds r USING (performed_at) GROUP BY performed_at
      """

    /// Each round has one row of each of its models.
    private static func checkLedger(_ rows: [String]) {
      #expect(!rows.isEmpty)
      #expect(rows.allSatisfy { $0 == "0|0|0" }, "\(rows)")
    }
  }
}
