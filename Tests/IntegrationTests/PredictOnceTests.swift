import Competition
import GatewayTestSupport
import Testing

extension IntegrationTests {
  /// `predict-worker --once` with real prices, models and PostgreSQL.
  @Suite struct PredictOnceTests {
    /// What PostgreSQL has for each asset's row of the model that answers by asset: the status, the
    /// answer, or what its failure must say.
    private static let answers: [(asset: String, status: String, text: String)] = [
      ("BTC", "SUCCESS", "norm"), ("NONE", "SUCCESS", "null"), ("DICT", "SUCCESS", "densities"),
      ("NUMBER", "SUCCESS", "7"), ("STRING", "SUCCESS", "\"up\""), ("EMPTY", "SUCCESS", "[]"),
      ("LIST", "SUCCESS", "[1, 2]"), ("SHORT", "SUCCESS", "norm"),
      ("INFINITY", "FAILED", "Infinity"),
      ("SURROGATE", "SUCCESS", #"["\ud800"]"#), ("NUL", "SUCCESS", #"["\u0000"]"#),
      ("NAN", "FAILED", "NaN"), ("PARQUET", "FAILED", "PARQUET"), ("DEEP", "FAILED", "deep"),
      ("RAISES", "FAILED", "RAISES is too hard"), ("HANGS", "TIMEOUT", "DEADLINE_EXCEEDED"),
    ]

    @Test func everyKnownModelGetsOneRowInEveryRoundWhateverItAnswers() async throws {
      try await withStage { stage in
        let database = try await GameDatabase.initialized(on: stage)
        let assets = Self.answers.map(\.asset)
        let game = try await prepare(database, assets: assets, on: stage)
        let folders: KeyValuePairs = [
          "by-asset": PythonModels.folder("by-asset"),
          "gaussian": PythonModels.example("gaussian"),
        ]
        try await Crowd.gather(folders, simulated: FleetOptions(modelCount: 3), on: stage) {
          crowd in
          var game = game
          game.orchestratorPort = crowd.feed.port
          let worker = try await stage.startWorker(game, database, ["--once"])
          let ended = try await stage.end(of: worker)
          try #require(ended.exit.isSuccess, "\(ended)")
          try checkRows(database, crowd, rounds: assets.count)
        }
        for answer in Self.answers {
          try check(answer, in: database)
        }
      }
    }

    /// Default rows out of use, one group for each asset, a model that only the database knows.
    private func prepare(
      _ database: GameDatabase, assets: [String], on stage: Stage
    ) async throws -> Game {
      try database.execute("UPDATE prediction_configs SET active = false")
      // HANGS goes last: nothing of its model can be asked after it.
      for (index, asset) in assets.enumerated() {
        let added = try await stage.run(
          [
            try BuiltProgram.updraft.path, "configs", "add", asset, "--horizon", "10", "--step",
            "2", "--interval", "\(100 + index)",
          ], variables: database.variables)
        try #require(added.exit.isSuccess, "\(added)")
      }
      try database.execute(
        """
        INSERT INTO models (crunch_identifier, name, deployment_identifier,
          player_crunch_identifier, player_name, scores_by_param)
        VALUES ('gone', 'gone model', 'gone-1', 'c', 'Cruncher', '[]')
        """)
      return Game(
        orchestratorPort: 9, pricesURL: try await stage.startPriceServer(assets: assets),
        timeout: "4s")
    }

    private func checkRows(_ database: GameDatabase, _ crowd: Crowd, rounds: Int) throws {
      let ids = (crowd.descriptions.map(\.modelID.rawValue) + ["gone"]).sorted()
      let perModel = try database.rows(
        "SELECT model_id, count(*) FROM predictions GROUP BY 1 ORDER BY 1")
      #expect(perModel == ids.map { "\($0)|\(rounds)" })
      let wrong = try database.rows(
        """
        SELECT id FROM predictions WHERE
          id <> 'PRE_' || model_id || '_' || to_char(performed_at, 'YYYYMMDD_HH24MISS.MS')
          OR resolvable_at <> performed_at + horizon * interval '1 s'
          OR performed_at <> date_trunc('milliseconds', performed_at)
          OR abs(extract(epoch FROM now() AT TIME ZONE 'UTC' - performed_at)) > 120
          OR horizon <> 10 OR step <> 2 OR distributions IS NULL
          OR (status <> 'SUCCESS' AND distributions::text <> 'null')
          OR (exec_time = 0) <> (status = 'ABSENT')
          OR score_value IS NOT NULL OR score_success IS NOT NULL
          OR score_failed_reason IS NOT NULL OR score_scored_at IS NOT NULL
        """)
      #expect(wrong.isEmpty, "ids, times and fields as in the contract")
      let others = try database.rows(
        """
        SELECT DISTINCT model_id, status, json_array_length(distributions) FROM predictions
        WHERE model_id NOT IN ('by-asset', 'gone') ORDER BY 1
        """)
      #expect(others == ["gaussian|SUCCESS|5"] + (1...3).map { "sim-\($0)|SUCCESS|5" })
      #expect(
        try database.rows("SELECT DISTINCT status FROM predictions WHERE model_id = 'gone'")
          == ["ABSENT"])

      let scale = "distributions->0->'params'->>'scale'"
      let untold = try database.rows(
        "SELECT id FROM predictions WHERE model_id = 'gaussian' AND (\(scale))::float8 = 0.001")
      #expect(untold.isEmpty, "the tick has brought the history, or the width would be the default")

      let models = try database.rows(
        """
        SELECT crunch_identifier, name, deployment_identifier, player_crunch_identifier,
          player_name, overall_score_recent, scores_by_param FROM models ORDER BY 1
        """)
      #expect(models.count == ids.count)
      #expect(
        models.first
          == "by-asset|by-asset model|by-asset-1|cruncher-by-asset|Cruncher of by-asset|∅|[]")

      let counts = try database.rows(
        """
        SELECT r.shard, r.success, r.failed, r.timeout, r.absent FROM updraft_rounds r
        EXCEPT
        SELECT '1/1', count(*) FILTER (WHERE status = 'SUCCESS'),
          count(*) FILTER (WHERE status = 'FAILED'), count(*) FILTER (WHERE status = 'TIMEOUT'),
          count(*) FILTER (WHERE status = 'ABSENT') FROM predictions GROUP BY performed_at, asset
        """)
      #expect(counts.isEmpty, "updraft_rounds counts what predictions holds")
      #expect(try database.count("SELECT count(*) FROM updraft_rounds") == rounds)
      let unexplained = try database.rows(
        """
        SELECT id FROM predictions LEFT JOIN updraft_failures ON prediction_id = id
        WHERE (status IN ('FAILED', 'TIMEOUT')) <> (prediction_id IS NOT NULL)
        """)
      #expect(unexplained.isEmpty, "each failure has its reason, nothing else has one")
    }

    private func check(
      _ answer: (asset: String, status: String, text: String), in database: GameDatabase
    ) throws {
      let rows = try database.rows(
        """
        SELECT status, distributions::text, coalesce(detail, '') FROM predictions
        LEFT JOIN updraft_failures ON prediction_id = id
        WHERE model_id = 'by-asset' AND asset = '\(answer.asset)'
        """)
      let columns = try #require(rows.first).split(
        separator: "|", omittingEmptySubsequences: false)
      try #require(columns.count == 3)
      #expect(columns[0] == answer.status, "\(answer.asset): \(rows)")
      let told = answer.status == "SUCCESS" ? columns[1] : columns[2]
      #expect(told.contains(answer.text), "\(answer.asset): \(rows)")
    }

    @Test func onceWithTheDefaultConfigsAsksEachGroupAndSurvivesACrowdThatMisbehaves()
      async throws
    {
      try await withStage { stage in
        let database = try await GameDatabase.initialized(on: stage)
        let port = try await stage.startFleet([
          "--models", "20", "--fail-fraction", "0.1", "--hang-fraction", "0.1", "--nan-fraction",
          "0.1", "--garbage-fraction", "0.05", "--reset-fraction", "0.05", "--oversize-fraction",
          "0.05", "--flap-fraction", "0.05",
        ])
        let game = Game(
          orchestratorPort: port, pricesURL: try await stage.startPriceServer(), timeout: "2s")
        let worker = try await stage.startWorker(game, database, ["--once"])
        let ended = try await stage.end(of: worker)
        try #require(ended.exit.isSuccess, "\(ended)")
        let rounds = try database.rows(
          """
          SELECT asset, horizon, step, count(*), count(*) FILTER (WHERE status = 'SUCCESS'),
            count(*) FILTER (WHERE status = 'FAILED'), min(json_array_length(distributions))
              FILTER (WHERE status = 'SUCCESS')
          FROM predictions GROUP BY 1, 2, 3 ORDER BY 2
          """)
        #expect(rounds == ["BTC|3600|60|20|10|5|60", "BTC|86400|300|20|10|5|288"])
        #expect(try database.count("SELECT count(*) FROM models") == 20)
      }
    }
  }
}
