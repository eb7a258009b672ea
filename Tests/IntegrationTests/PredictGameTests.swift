import Competition
import GatewayTestSupport
import Glibc
import JSON
import Testing

extension IntegrationTests {
  /// A whole game of `predict-worker`: models leave and die, configurations change, the worker
  /// stops and comes back.
  @Suite struct PredictGameTests {
    @Test func theGameFollowsModelsAndConfigsAndStopsInARoundAndGoesOn() async throws {
      try await withStage { stage in
        let database = try await GameDatabase.initialized(on: stage)
        try database.execute("DELETE FROM prediction_configs")
        let prices = try await stage.startPriceServer(assets: ["BTC", "NAN", "HANGS"])
        let folders: KeyValuePairs = [
          "by-asset": PythonModels.folder("by-asset"),
          "gaussian": PythonModels.example("gaussian"),
        ]
        try await Crowd.gather(folders, simulated: FleetOptions(modelCount: 3), on: stage) {
          crowd in
          let play = Play(
            stage: stage, database: database, crowd: crowd,
            game: Game(
              orchestratorPort: crowd.feed.port, pricesURL: prices, tick: "500ms",
              timeout: "30s"))
          let btc = try await play.addConfig("BTC")
          let worker = try await stage.startWorker(play.game, database, ["--log-level", "debug"])
          try await play.waitForGoodRounds()
          try await play.aModelLeavesAndIsAbsent()
          try await play.aModelDiesAndComesBackWithTheWholeHistory(worker)
          try await play.configsChange(pausing: btc, worker)
          try await play.stopsInAnOpenRound(worker)
          try await play.comesBack()
          try play.checkEveryRound()
        }
      }
    }

    /// The steps of the game, in their order.
    private struct Play {
      let stage: Stage
      let database: GameDatabase
      let crowd: Crowd
      let game: Game

      /// Adds an active configuration and returns its id.
      func addConfig(_ asset: String) async throws -> String {
        let rows = try await configs(
          ["add", asset, "--horizon", "10", "--step", "2", "--interval", "1", "--json"])
        return try #require(try JSONValue.parse(text: rows)[0]?["id"]?.stringValue)
      }

      @discardableResult
      private func configs(_ words: [String]) async throws -> String {
        let ended = try await stage.run(
          [try BuiltProgram.updraft.path, "configs"] + words, variables: database.variables)
        try #require(ended.exit.isSuccess, "\(ended)")
        return ended.output
      }

      func waitForGoodRounds() async throws {
        try await stage.wait("two rounds of five successes are stored") {
          try database.count(
            "SELECT count(*) FROM updraft_rounds WHERE success = 5 AND failed + timeout = 0") >= 2
        }
      }

      func aModelLeavesAndIsAbsent() async throws {
        await crowd.announce("sim-2", .stopped)
        try await stage.wait("the model is ABSENT") {
          try database.count(
            "SELECT count(*) FROM predictions WHERE model_id = 'sim-2' AND status = 'ABSENT'") > 0
        }
        await crowd.announce("sim-2", .running)
        try await stage.wait("the model is back") {
          try database.rows(
            "SELECT status FROM predictions WHERE model_id = 'sim-2' ORDER BY id DESC LIMIT 1")
            == ["SUCCESS"]
        }
      }

      /// On the same port, as the same deployment: only its new connection tells.
      func aModelDiesAndComesBackWithTheWholeHistory(_ worker: Program) async throws {
        let newest = """
          SELECT status, distributions->0->'params'->>'scale' FROM predictions
          WHERE model_id = 'gaussian' ORDER BY performed_at DESC LIMIT 1
          """
        let index = try #require(
          crowd.python.descriptions.firstIndex { $0.modelID == ModelID("gaussian") })
        await crowd.python.programs[index].kill()
        try await stage.wait("the dead model has no answer") {
          try database.rows(newest).first?.hasPrefix("SUCCESS") == false
        }
        try await PythonModels.launch(
          PythonModels.example("gaussian"), crowd.python.descriptions[index].port, on: stage)
        let row = try await stage.eventually("the model answers again") {
          try database.rows(newest).first { $0.hasPrefix("SUCCESS") }
        }
        // Without a history its width would be the default one.
        #expect(row != "SUCCESS|0.001", "\(worker.errors.suffix(5_000))")
      }

      func configsChange(pausing btc: String, _ worker: Program) async throws {
        _ = try await addConfig("NAN")
        try await waitForRounds(of: "NAN", count: 1)
        let answers = try database.rows(
          """
          SELECT DISTINCT model_id, status, coalesce(detail LIKE '%NaN%', false) FROM predictions
          LEFT JOIN updraft_failures ON prediction_id = id WHERE asset = 'NAN' ORDER BY 1
          """)
        #expect(
          answers == [
            "by-asset|FAILED|t", "gaussian|SUCCESS|f", "sim-1|SUCCESS|f", "sim-2|SUCCESS|f",
            "sim-3|SUCCESS|f",
          ])

        try await configs(["pause", btc])
        try await stage.wait("the worker has read the change") {
          worker.errorLines.last { $0.contains("prediction_configs read") }?
            .contains("active=1") == true
        }
        // A round that was open then is stored before the next one's rows are.
        try await waitForRounds(of: "NAN", count: 1)
        let newest = "SELECT max(performed_at) FROM predictions WHERE asset = 'BTC'"
        let before = try database.rows(newest)
        try await waitForRounds(of: "NAN", count: 2)
        #expect(try database.rows(newest) == before, "a paused configuration is not asked")
      }

      func stopsInAnOpenRound(_ worker: Program) async throws {
        let hangs = try await addConfig("HANGS")
        try await stage.wait("a round is open that a model holds up") {
          worker.errorLines.contains { $0.contains("round opened") && $0.contains("asset=HANGS") }
        }
        let asked = MonotonicInstant.now()
        await worker.signal(SIGTERM)
        let ended = try await stage.end(of: worker, within: .seconds(20))
        let time = MonotonicInstant.now().since(asked)
        #expect(ended.exit.isSuccess, "\(ended.exit)")
        #expect(time < .seconds(10), "it took \(time.text)")
        let rows = try database.rows(
          """
          SELECT model_id, status, coalesce(detail, '') FROM predictions
          LEFT JOIN updraft_failures ON prediction_id = id WHERE asset = 'HANGS' ORDER BY 1
          """)
        #expect(rows.count == 5, "the round is recorded")
        #expect(rows.first?.hasPrefix("by-asset|TIMEOUT|") == true, "\(rows)")
        #expect(rows.dropFirst().allSatisfy { $0.hasSuffix("|SUCCESS|") }, "\(rows)")
        try await configs(["rm", hangs])
      }

      func comesBack() async throws {
        let before = try database.count("SELECT count(*) FROM updraft_rounds")
        let worker = try await stage.startWorker(game, database)
        try await waitForRounds(of: "NAN", count: 2)
        await worker.signal(SIGTERM)
        let ended = try await stage.end(of: worker, within: .seconds(20))
        #expect(ended.exit.isSuccess, "\(ended)")
        #expect(try database.count("SELECT count(*) FROM updraft_rounds") >= before + 2)
        #expect(!ended.errors.contains("row not stored"), "no id clashes")
      }

      /// Nothing lost, nothing doubled: in every round each known model has exactly one row.
      func checkEveryRound() throws {
        let wrong = try database.rows(
          """
          WITH rounds AS (
            SELECT performed_at, count(*) AS rows, count(DISTINCT model_id) AS models
            FROM predictions GROUP BY performed_at)
          SELECT * FROM rounds WHERE rows <> models OR rows <> 5
            AND performed_at > (SELECT min(performed_at) FROM rounds WHERE rows = 5)
          """)
        #expect(wrong.isEmpty)
        let counts = try database.rows(
          """
          SELECT (SELECT sum(success + failed + timeout + absent) FROM updraft_rounds),
            (SELECT count(*) FROM predictions)
          """)
        let numbers = try #require(counts.first).split(separator: "|")
        #expect(numbers.count == 2 && numbers[0] == numbers[1])
      }

      /// Waits until so many more rounds of an asset are stored.
      private func waitForRounds(of asset: String, count: Int) async throws {
        let query = "SELECT count(*) FROM updraft_rounds WHERE asset = '\(asset)'"
        let before = try database.count(query)
        try await stage.wait("\(count) more rounds of \(asset) are stored") {
          try database.count(query) >= before + count
        }
      }
    }
  }
}
