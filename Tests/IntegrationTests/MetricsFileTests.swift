import Competition
import Foundation
import GatewayTestSupport
import Glibc
import Testing

extension IntegrationTests {
  /// `metrics_file` of a real worker, with and without its database.
  @Suite struct MetricsFileTests {
    /// A server of this test's own: it is stopped while the game goes on.
    private func withServer(
      _ body: (ScratchPostgres, GameDatabase) async throws -> Void
    ) async throws {
      let server = try await ScratchPostgres.start(.forTests)
      let outcome: Result<Void, any Error>
      do {
        let database = GameDatabase(configuration: server.configuration)
        outcome = .success(try await body(server, database))
      } catch {
        outcome = .failure(error)
      }
      await server.stop()
      try outcome.get()
    }

    @Test func theFileStaysTrueWhileTheDatabaseIsAwayAndTellsTheEnd() async throws {
      try await withStage { stage in
        try await withServer { server, database in
          let made = try await stage.run(
            [try BuiltProgram.updraft.path, "init-db"], variables: database.variables)
          try #require(made.exit.isSuccess, "\(made)")
          try database.execute(
            """
            DELETE FROM prediction_configs;
            INSERT INTO prediction_configs VALUES ('CFG_A', 'BTC', 10, 2, 1, true, 1)
            """)
          let prices = try await stage.startPriceServer(assets: ["BTC"])
          let feed = try await stage.startFleet(["--models", "4", "--fail-fraction", "0.25"])
          let path = "\(stage.folder)/metrics.prom"
          var game = Game(orchestratorPort: feed, pricesURL: prices, timeout: "5s")
          game.more = "metrics_file: \(path)"
          let worker = try await stage.startWorker(game, database)
          let reading = MetricsReading(path: path, stage: stage)
          try await reading.seesAGame()
          await server.halt(.immediate)
          try await reading.seesTheDatabaseLeave()
          try await server.launch()
          try await reading.wait("the rounds of the outage are stored") {
            $0["updraft_storage_connected"] == 1 && $0["updraft_storage_queued_rounds"] ?? 9 <= 1
          }
          await worker.signal(SIGTERM)
          let ended = try await stage.end(of: worker, within: .seconds(30))
          #expect(ended.exit.isSuccess, "\(ended)")
          let last = try #require(reading.samples)
          #expect(last["updraft_running"] == 0)
          #expect(last["updraft_storage_queued_rounds"] == 0)
          #expect(last["updraft_storage_refused_rounds_total"] == 0)
          let stored = last["updraft_storage_stored_rounds_total"] ?? 0
          #expect(try Double(database.count("SELECT count(*) FROM updraft_rounds")) == stored)
          #expect(last[#"updraft_rounds_total{asset="BTC",horizon="10",step="2"}"#] == stored)
          #expect(!FileManager.default.fileExists(atPath: path + ".tmp"))
          // The round in which the worker stopped may be cut; every other one has all its models.
          #expect(
            try database.count(
              """
              SELECT count(*) FROM updraft_rounds WHERE sent + skipped + absent <> 4
                OR (SELECT count(*) FROM json_object_keys(models)) <> 4
              """) == 0)
        }
      }
    }
  }
}

/// What a reader of the file finds.
private struct MetricsReading {
  let path: String
  let stage: Stage

  /// Samples by name and own labels; nil when there is no file. A broken line is no sample.
  var samples: [String: Double]? {
    guard let data = FileManager.default.contents(atPath: path) else { return nil }
    let common = #"crunch="\#(Game.crunchID)",shard="1/1""#
    var samples: [String: Double] = [:]
    for line in String(decoding: data, as: UTF8.self).split(separator: "\n")
    where !line.hasPrefix("#") {
      guard let space = line.lastIndex(of: " ") else { continue }
      let name = line[..<space].replacing("{\(common)}", with: "")
        .replacing("{\(common),", with: "{")
      samples[String(name)] = Double(line[line.index(after: space)...])
    }
    return samples
  }

  func wait(_ what: String, until condition: ([String: Double]) -> Bool) async throws {
    do {
      try await stage.wait(what) { samples.map(condition) ?? false }
    } catch {
      Issue.record("last metrics: \((samples ?? [:]).sorted { $0.key < $1.key })")
      throw error
    }
  }

  func seesAGame() async throws {
    try await wait("rounds of four models are stored") {
      $0["updraft_storage_stored_rounds_total"] ?? 0 >= 3
        && $0[#"updraft_predictions_total{status="SUCCESS"}"#] ?? 0 >= 9
    }
    let game = try #require(samples)
    #expect(game["updraft_running"] == 1)
    #expect(game["updraft_orchestrator_connected"] == 1)
    #expect(game["updraft_models_known"] == 4)
    #expect(game["updraft_models_connected"] == 4)
    #expect(game["updraft_storage_connected"] == 1)
    #expect(game[#"updraft_reports_total{code="MULTIPLE_FAILED"}"#] == 0)
    #expect(game["updraft_ticks_total"] ?? 0 >= 3)
    #expect(game[#"updraft_prices_stale{asset="BTC"}"#] == 0)
    #expect(game[#"updraft_prices_age_seconds{asset="BTC"}"#] ?? 99 < 30)
    #expect(
      game["updraft_round_duration_seconds_count"]
        == game[#"updraft_rounds_total{asset="BTC",horizon="10",step="2"}"#])
    #expect(game["updraft_process_open_fds"] ?? 0 > 4)
  }

  /// Rounds go on, the queue grows, and the file says so.
  func seesTheDatabaseLeave() async throws {
    let before = try #require(samples)
    let rounds = #"updraft_rounds_total{asset="BTC",horizon="10",step="2"}"#
    try await wait("the file tells the outage while rounds go on") {
      $0["updraft_storage_connected"] == 0 && $0["updraft_storage_queued_rounds"] ?? 0 >= 2
        && $0[rounds] ?? 0 >= (before[rounds] ?? 0) + 2
    }
    let away = try #require(samples)
    #expect(away["updraft_storage_last_error_age_seconds"] ?? 99 < 30)
    #expect(away["updraft_storage_failed_tries_total"] ?? 0 > 0)
    #expect(
      away["updraft_metrics_timestamp_seconds"] ?? 0
        > before["updraft_metrics_timestamp_seconds"] ?? 0)
  }
}
