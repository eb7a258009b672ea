import Competition
import GatewayTestSupport
import Glibc
import Testing

extension IntegrationTests {
  /// What an operator gets wrong: one clear line with what to do, and an exit code that says so.
  @Suite struct BadInputTests {
    /// A game.yml, and what the line about it must say.
    private static let files: [(text: String, saying: [String])] = [
      ("tick: 5s", ["tick: unknown setting", "predict"]),
      ("predict: {tock: 5s}", ["predict.tock: unknown setting", "did you mean tick?"]),
      ("predict: {tick: -3s}", ["predict.tick: must be a duration > 0", #"got "-3s""#]),
      ("predict: {timeout: soon}", ["predict.timeout: must be a duration > 0", #"got "soon""#]),
      ("orchestrator: {port: 99999}", ["orchestrator.port: must be a port from 1 to 65535"]),
      ("limits: {reply_bytes_max: 65MiB}", ["limits.reply_bytes_max", "1 KiB to 64 MiB"]),
      ("predict: {breaker: lenient}", ["predict.breaker", "fair", #"got "lenient""#]),
      ("predict: [1", ["is not YAML"]),
    ]

    @Test func aWrongSettingIsNamedWithItsPlace() async throws {
      try await withStage { stage in
        for (index, file) in Self.files.enumerated() {
          let path = try stage.write(file.text + "\n", to: "game-\(index).yml")
          let ended = try await stage.run([try BuiltProgram.predictWorker.path, "--config", path])
          #expect(ended.code == 78, "\(ended)")
          expectOneLine(ended, of: "predict-worker", saying: file.saying + ["game-\(index).yml:"])
        }
      }
    }

    @Test func everyWrongSettingIsNamedAtOnce() async throws {
      try await withStage { stage in
        let path = try stage.write(
          "predict: {tick: 0s, tock: 1}\nprices: {source: csv}\n", to: "game.yml")
        let ended = try await stage.run([try BuiltProgram.predictWorker.path, "--config", path])
        #expect(ended.code == 78)
        #expect(ended.errorLines.count == 3, "\(ended)")
        for name in ["predict.tick", "predict.tock", "prices.path"] {
          #expect(ended.errorLines.count { $0.hasPrefix("predict-worker: \(name): ") } == 1)
        }
      }
    }

    @Test func wrongFlagsAndVariablesAreRefusedByName() async throws {
      try await withStage { stage in
        let cases: [(BuiltProgram, [String], [String: String], Int64, [String])] = [
          (.predictWorker, ["--config", "none.yml"], [:], 78, ["none.yml", "check --config"]),
          (.predictWorker, ["--shard", "3/2"], [:], 78, ["predict.shard", "flag --shard"]),
          (.predictWorker, [], ["POSTGRES_PORT": "x"], 78, ["environment POSTGRES_PORT"]),
          (.modelOrchestrator, ["--config", "none.yml"], [:], 78, ["none.yml", "--config"]),
          (.updraft, ["init-db", "--database", "mysql://h"], [:], 78, ["flag --database"]),
        ]
        for (program, words, variables, code, saying) in cases {
          let ended = try await stage.run([try program.path] + words, variables: variables)
          #expect(ended.code == code, "\(words): \(ended)")
          expectOneLine(ended, of: program.rawValue, saying: saying)
        }
        for (program, words) in [
          (BuiltProgram.predictWorker, ["--twice"]), (.modelOrchestrator, ["--twice"]),
          (.updraft, ["call", "tick"]), (.updraft, ["fleet", "--models", "0", "--port", "0"]),
          (.updraft, ["price-server", "--port", "0", "--speed", "-1"]), (.updraft, ["conjure"]),
        ] {
          let ended = try await stage.run([try program.path] + words)
          #expect(ended.code == 64, "\(words): \(ended)")
          #expect(ended.errorLines.first?.hasPrefix("Error: ") == true, "\(ended)")
          #expect(ended.output.isEmpty)
        }
      }
    }

    @Test func whatIsWrongWithTheDatabaseIsSaidWithoutThePassword() async throws {
      try await withStage { stage in
        let empty = try await GameDatabase.empty()
        let cases: [(change: [String: String], saying: [String])] = [
          ([:], ["updraft init-db"]),
          (["POSTGRES_DB": "no_such_game"], ["no_such_game", "createdb", "POSTGRES_DB"]),
          (["POSTGRES_PASSWORD": "wrong-secret"], ["POSTGRES_PASSWORD"]),
          (
            ["POSTGRES_HOST": "127.0.0.1", "POSTGRES_PORT": "9"], ["127.0.0.1:9", "POSTGRES_HOST"]
          ),
        ]
        for (change, saying) in cases {
          let variables = empty.variables.merging(change) { $1 }
          let ended = try await stage.run(
            [try BuiltProgram.predictWorker.path], variables: variables)
          #expect(ended.code == 69, "\(change): \(ended)")
          expectOneLine(ended, of: "predict-worker", saying: saying)
          for secret in ["wrong-secret", empty.configuration.password ?? ""] {
            #expect(!ended.errors.contains(secret))
          }
        }
      }
    }

    @Test func checkTellsInOneTableWhatIsThereAndWhatIsNot() async throws {
      try await withStage { stage in
        let database = try await GameDatabase.initialized(on: stage)
        let game = Game(
          orchestratorPort: try await stage.startFleet(["--models", "2"]),
          pricesURL: try await stage.startPriceServer())
        let good = try await stage.end(
          of: try await stage.startWorker(game, database, ["--check"]))
        #expect(good.code == 0, "\(good)")
        #expect(good.output.contains("names 2 running models"), "\(good)")
        for asset in ["BTC", "ETH", "XAU", "SOL"] { #expect(good.output.contains("\(asset): ")) }

        let empty = try await GameDatabase.empty()
        let bad = try await stage.end(
          of: try await stage.startWorker(
            Game(orchestratorPort: try FreePort.choose()), empty, ["--check"]))
        #expect(bad.code == 1, "\(bad)")
        #expect(bad.output.contains("updraft init-db"), "\(bad)")
        #expect(bad.output.contains("refused"), "the orchestrator isn't there: \(bad)")
        #expect(bad.errors.isEmpty, "\(bad)")
      }
    }

    @Test func noPricesAtAllEndTheWorker() async throws {
      try await withStage { stage in
        let database = try await GameDatabase.initialized(on: stage)
        let prices = try stage.write("asset,timestamp,price\nDOGE,1,1\n", to: "prices.csv")
        let game = try stage.write("prices: {source: csv, path: \(prices)}\n", to: "game.yml")
        let ended = try await stage.run(
          [try BuiltProgram.predictWorker.path, "--config", game, "--log-level", "error"],
          variables: database.variables)
        #expect(ended.code == 69, "\(ended)")
        expectOneLine(
          ended, of: "predict-worker",
          saying: ["BTC, ETH, XAU, SOL", "price", "prices.source", "prices.path"])
      }
    }

    @Test func anOrchestratorThatIsNotUpYetIsWaitedForVisibly() async throws {
      try await withStage { stage in
        let database = try await GameDatabase.initialized(on: stage)
        let port = try FreePort.choose()
        let game = Game(orchestratorPort: port, pricesURL: try await stage.startPriceServer())
        let worker = try await stage.startWorker(game, database)
        try await stage.wait("the worker says that it waits") {
          worker.errorLines.contains {
            $0.contains("orchestrator away") && $0.contains("retry_after")
          }
        }
        try await stage.wait("the game goes on without models") {
          worker.errorLines.contains { $0.contains("no model list yet") && $0.contains("\(port)") }
        }
        let fleet = try await SimulatedFleet.start(FleetOptions(modelCount: 2))
        let feed = try await SimulatedOrchestrator.start(
          crunchID: Game.crunchID, models: fleet.models, port: port, logger: .silent)
        try await stage.wait("the models are ticked") {
          worker.errorLines.contains { $0.contains("tick closed") && $0.contains("success=2") }
        }
        await worker.signal(SIGINT)
        let ended = try await stage.end(of: worker, within: .seconds(20))
        #expect(ended.exit.isSuccess, "\(ended.exit)")
        #expect(await feed.stop() == 0)
        #expect(await fleet.stop() == 0)
      }
    }

    private func expectOneLine(_ ended: Ended, of program: String, saying texts: [String]) {
      #expect(ended.errorLines.count == 1, "\(ended)")
      #expect(ended.errors.hasPrefix(program), "\(ended)")
      for text in texts { #expect(ended.errors.contains(text), "\(text): \(ended)") }
    }
  }
}
