import Competition
import GatewayTestSupport
import Glibc
import Storage
import Testing

extension IntegrationTests {
  /// Several `predict-worker`s on one game.
  @Suite struct WorkerLeaseTests {
    @Test func twoWorkersMakeEachRoundOnceAndTheSecondTakesOverFromADeadOne() async throws {
      try await withStage { stage in
        let play = try await LeasePlay(try await .initialized(on: stage), models: 4, on: stage)
        let one = try await play.startWorker()
        let other = try await play.startWorker()
        let (first, second) = try await play.ranked(one, other)
        try await play.waitForRounds(3)
        #expect(LeasePlay.line("tick closed", of: second) == nil, "a waiting worker ticks nobody")
        try await play.aWaitEndsAtOnceWithATerm()
        try await play.theCheckTellsWhoPlays()

        let killed = MonotonicInstant.now()
        await first.signal(SIGKILL)
        try await stage.wait("the second plays", within: .seconds(15)) {
          LeasePlay.line("game started", of: second) != nil
        }
        #expect(LeasePlay.line("this worker plays its part", of: second) != nil)
        print("a dead worker's place was taken after", MonotonicInstant.now().since(killed).text)
        try await play.waitForRounds(3)
        await second.signal(SIGTERM)
        let ended = try await stage.end(of: second, within: .seconds(20))
        #expect(ended.exit.isSuccess, "\(ended)")
        try play.checkLedger()
      }
    }

    @Test func theFirstKeepsTheGameWhenTheServerRestarts() async throws {
      try await withStage { stage in
        let server = try await ScratchPostgres.start(.forTests)
        let outcome: Result<Void, any Error>
        do {
          outcome = .success(try await restart(server, on: stage))
        } catch {
          outcome = .failure(error)
        }
        await server.stop()
        try outcome.get()
      }
    }

    private func restart(_ server: ScratchPostgres, on stage: Stage) async throws {
      let database = GameDatabase(configuration: server.configuration)
      let made = try await stage.run(
        [try BuiltProgram.updraft.path, "init-db"], variables: database.variables)
      try #require(made.exit.isSuccess, "\(made)")
      let play = try await LeasePlay(database, models: 4, on: stage)
      let first = try await play.startWorker()
      try await stage.wait("the first plays") { LeasePlay.line("game started", of: first) != nil }
      let second = try await play.startWorker()
      try await stage.wait("the second waits") { LeasePlay.line("waiting:", of: second) != nil }
      try await play.waitForRounds(2)
      await server.halt(.immediate)
      for worker in [first, second] {
        try await stage.wait("a worker notices") {
          worker.errorLines.contains { $0.contains(/session broke|the database is away/) }
        }
      }
      try await server.launch()
      try await stage.wait("the first has it again") {
        LeasePlay.line("the lease is held again", of: first) != nil
      }
      try await stage.wait("the second waits for the new session") {
        second.errorLines.count { $0.contains("waiting:") } == 2
      }
      try await play.waitForRounds(3)
      #expect(LeasePlay.line("game started", of: second) == nil)
      for worker in [second, first] {
        await worker.signal(SIGTERM)
        let ended = try await stage.end(of: worker, within: .seconds(20))
        #expect(ended.exit.isSuccess, "\(ended)")
      }
      try play.checkLedger()
    }

    @Test func aWorkerWhosePlaceWasTakenStoresWhatItHasAndExitsWith75() async throws {
      try await withStage { stage in
        let database = try await GameDatabase.initialized(on: stage)
        let play = try await LeasePlay(database, models: 4, on: stage)
        let worker = try await play.startWorker()
        try await play.waitForRounds(2)
        let rival = try PostgresConnection(database.configuration, logger: .silent)
        defer { rival.close() }
        let lock = try database.count(
          """
          SELECT (classid::int8 << 32) | objid::int8 FROM pg_locks JOIN pg_stat_activity USING (pid)
          WHERE locktype = 'advisory' AND application_name LIKE 'updraft lease%'
            AND datname = current_database()
          """)
        try rival.execute(
          """
          SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE application_name LIKE 'updraft lease%' AND datname = current_database();
          SELECT pg_advisory_lock('\(lock)'::int8)
          """, doing: "take the place")
        let ended = try await stage.end(of: worker, within: .seconds(20))
        #expect(ended.code == 75, "\(ended)")
        #expect(ended.errors.contains("another worker has taken this part of the game"))
        #expect(ended.errorLines.last?.contains("start this one again") == true)
        try play.checkLedger()
      }
    }

    @Test func twoShardsTogetherAskEveryModelOnceAndAThirdLayoutWaits() async throws {
      try await withStage { stage in
        let database = try await GameDatabase.initialized(on: stage)
        let play = try await LeasePlay(database, models: 12, on: stage)
        let first = try await play.startWorker(["--shard", "1/2"])
        let second = try await play.startWorker(["--shard", "2/2"])
        for shard in ["1/2", "2/2"] {
          try await stage.wait("three rounds of \(shard)") {
            try database.count(
              "SELECT count(*) FROM updraft_rounds WHERE shard = '\(shard)'") >= 3
          }
        }
        let whole = try await play.startWorker()
        let line = try await stage.eventually("the whole waits") {
          LeasePlay.line("waiting:", of: whole)
        }
        #expect(line.contains("another worker runs this game as 1/2"))
        #expect(line.contains("use the same number of shards"))
        for worker in [whole, first, second] {
          await worker.signal(SIGTERM)
          let ended = try await stage.end(of: worker, within: .seconds(20))
          #expect(ended.exit.isSuccess, "\(ended)")
        }
        try checkShards(database)
      }
    }

    /// Each model belongs to one part, the parts are the roster, and each round has its part once.
    private func checkShards(_ database: GameDatabase) throws {
      let models = """
        SELECT DISTINCT shard, json_object_keys(models) AS model FROM updraft_rounds
        """
      let counts = try database.rows(
        "SELECT count(*), count(DISTINCT model), count(DISTINCT shard) FROM (\(models)) AS m")
      #expect(counts == ["12|12|2"])
      // The first rounds may be of fewer models: not all had connected yet.
      let doubled = try database.rows(
        """
        SELECT performed_at, model_id FROM predictions GROUP BY 1, 2 HAVING count(*) > 1
        """)
      #expect(doubled.isEmpty)
      let wrong = try database.rows(
        """
        WITH last AS (
          SELECT shard, max(performed_at) AS performed_at FROM updraft_rounds GROUP BY 1)
        SELECT sum(success + failed + timeout + absent) FROM updraft_rounds JOIN last
          USING (shard, performed_at)
        """)
      #expect(wrong == ["12"])
    }
  }
}
