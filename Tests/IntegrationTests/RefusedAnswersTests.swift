import Competition
import GatewayTestSupport
import Glibc
import Testing

extension IntegrationTests {
  /// Models that answer every call in time, and never with anything that can be stored.
  @Suite struct RefusedAnswersTests {
    private static let failuresMax = 3
    /// The first two models' answers: `NaN`, and a list that is no list of densities.
    private static let scripts = ["call * nan", "call * odd"]

    @Test(arguments: ["fair", "compatible"])
    func theyAreReportedAlthoughTheirCallsGoWellAndTheirNeighboursAreNot(
      policy: String
    ) async throws {
      try await withStage { stage in
        let database = try await GameDatabase.initialized(on: stage)
        try database.execute(
          """
          DELETE FROM prediction_configs;
          INSERT INTO prediction_configs VALUES ('CFG_1', 'BTC', 10, 2, 1, true, 1)
          """)
        var fleet = FleetOptions(modelCount: 4)
        for (index, script) in Self.scripts.enumerated() {
          fleet.scripts[index] = try FaultScript(script)
        }
        let prices = try await stage.startPriceServer(assets: ["BTC"])
        try await Crowd.gather([:], simulated: fleet, on: stage) { crowd in
          let settings = "breaker: \(policy), max_failures: \(Self.failuresMax), shape: densities"
          let game = Game(
            orchestratorPort: crowd.feed.port, pricesURL: prices, tick: "300ms",
            predict: ", " + settings)
          let worker = try await stage.startWorker(game, database)
          try await stage.wait("both are reported") { crowd.feed.reports.count >= 2 }
          try await stage.wait("two more rounds are stored without them") {
            try database.count("SELECT count(*) FROM updraft_rounds WHERE absent = 2") >= 2
          }
          await worker.signal(SIGTERM)
          let ended = try await stage.end(of: worker, within: .seconds(20))
          #expect(ended.exit.isSuccess, "\(ended.exit)")
          try check(crowd, database, ended)
        }
      }
    }

    private func check(_ crowd: Crowd, _ database: GameDatabase, _ ended: Ended) throws {
      let reports = crowd.feed.reports.sorted { $0.modelID < $1.modelID }
      #expect(reports.map(\.modelID.rawValue) == ["sim-1", "sim-2"], "once each, nobody else")
      for report in reports {
        #expect(report.code == .multipleFailed)
        #expect(report.reason?.contains("\(Self.failuresMax) are allowed") == true, "\(report)")
      }
      let rows = try database.rows(
        """
        SELECT model_id, status, count(*) > \(Self.failuresMax),
          coalesce(bool_and(detail LIKE 'the answer can''t be stored: %'), false)
        FROM predictions LEFT JOIN updraft_failures ON prediction_id = id
        WHERE status <> 'ABSENT' GROUP BY 1, 2 ORDER BY 1
        """)
      #expect(
        rows == [
          "sim-1|FAILED|t|t", "sim-2|FAILED|t|t", "sim-3|SUCCESS|t|f", "sim-4|SUCCESS|t|f",
        ])
      // Their calls went well: no breaker has ever left one out.
      #expect(try database.count("SELECT coalesce(sum(skipped), 0) FROM updraft_rounds") == 0)
      #expect(ended.errorLines.contains { $0.contains("tick closed") && $0.contains("success=4") })
    }
  }
}
