import JSON
import Testing

/// `updraft init-db` and `updraft configs` against a real server.
struct DatabaseCommandTests {
  @Test func initDBCreatesTheTablesAndTheSecondTimeNothing() async throws {
    let database = try await CommandDatabase.empty()
    let first = try await UpdraftProgram.run("init-db", environment: database.environment)
    #expect(first.status == 0, "\(first.errors)")
    #expect(first.output.contains("created   models, predictions, prediction_configs"))
    #expect(first.output.contains("8 default rows inserted"))
    #expect(first.output.contains("lz4       is set") || first.output.contains("lz4       set"))

    let second = try await UpdraftProgram.run("init-db", environment: database.environment)
    #expect(second.status == 0, "\(second.errors)")
    #expect(second.output.contains("created   nothing"))
    #expect(second.output.contains("present   models, predictions, prediction_configs"))
    #expect(second.output.contains("left as they are"))
  }

  @Test func initDBLeavesChangedConfigsAlone() async throws {
    let database = try await CommandDatabase.empty()
    _ = try await UpdraftProgram.run("init-db", environment: database.environment)
    let ids = try await ids(database)
    _ = try await UpdraftProgram.run(
      ["configs", "rm"] + ids.dropFirst(), environment: database.environment)
    _ = try await UpdraftProgram.run("init-db", environment: database.environment)
    #expect(try await self.ids(database) == [ids[0]])
  }

  @Test func aMissingDatabaseIsOneLineThatSaysWhatToDo() async throws {
    let database = try await CommandDatabase.empty()
    var environment = database.environment
    environment["POSTGRES_DB"] = "nowhere"
    let run = try await UpdraftProgram.run("init-db", environment: environment)
    #expect(run.status == 69)
    #expect(run.errors.count == 1)
    #expect(run.errors.first?.contains("updraft init-db: ") == true)
    #expect(run.errors.first?.contains("create the database with createdb") == true)
  }

  @Test func theFlagWinsOverTheEnvironment() async throws {
    let database = try await CommandDatabase.empty()
    let folder = database.configuration.host ?? ""
    let url = "postgresql://updraft@/no_such_one?host=\(folder)"
    let run = try await UpdraftProgram.run(
      "init-db", "--database", url, environment: database.environment)
    #expect(run.status == 69)
    #expect(run.errors.first?.contains("no_such_one") == true)
  }

  @Test func configsAreAddedPausedResumedAndRemoved() async throws {
    let database = try await CommandDatabase.empty()
    let environment = database.environment
    _ = try await UpdraftProgram.run("init-db", environment: environment)
    let added = try await UpdraftProgram.run(
      "configs", "add", "DOGE", "--horizon", "1h", "--step", "60", "--interval", "5m", "--json",
      environment: environment)
    let row = try JSONValue.parse(text: added.output)[0]
    #expect(row?["asset"] == "DOGE")
    #expect(row?["horizon"] == 3600)
    #expect(row?["step"] == 60)
    #expect(row?["prediction_interval"] == 300)
    #expect(row?["active"] == true)
    #expect(row?["order"] == 9)
    let id = try #require(row?["id"]?.stringValue)

    for (change, active) in [("pause", false), ("resume", true)] {
      let run = try await UpdraftProgram.run("configs", change, id, environment: environment)
      #expect(run.status == 0, "\(run.errors)")
      let all = try await rows(database)
      #expect(all.first { $0["id"]?.stringValue == id }?["active"] == .bool(active))
    }
    let removed = try await UpdraftProgram.run("configs", "rm", id, environment: environment)
    #expect(removed.output == "removed \(id)\n")
    #expect(try await !ids(database).contains(id))
  }

  @Test func aChangeOfSeveralRowsIsMadeWholeOrNotAtAll() async throws {
    let database = try await CommandDatabase.empty()
    _ = try await UpdraftProgram.run("init-db", environment: database.environment)
    let before = try await rows(database)
    let id = try #require(before.first?["id"]?.stringValue)
    let run = try await UpdraftProgram.run(
      "configs", "pause", id, "CFG_MISSING", environment: database.environment)
    #expect(run.status == 78)
    #expect(run.errors.count == 1)
    #expect(run.errors.first?.contains("CFG_MISSING") == true)
    #expect(try await rows(database) == before)
  }

  @Test(arguments: [["--horizon", "30", "--step", "60"], ["--horizon", "soon", "--step", "60"]])
  func aConfigThatMakesNoSenseIsRefused(times: [String]) async throws {
    let database = try await CommandDatabase.empty()
    _ = try await UpdraftProgram.run("init-db", environment: database.environment)
    let run = try await UpdraftProgram.run(
      ["configs", "add", "BTC"] + times + ["--interval", "60"], environment: database.environment)
    #expect(run.status != 0)
    #expect(run.errors.first?.contains("horizon") == true)
    #expect(try await rows(database).count == 8)
  }

  private func rows(_ database: CommandDatabase) async throws -> [JSONValue] {
    let run = try await UpdraftProgram.run(
      "configs", "ls", "--json", environment: database.environment)
    return try JSONValue.parse(text: run.output).arrayValue ?? []
  }

  private func ids(_ database: CommandDatabase) async throws -> [String] {
    try await rows(database).compactMap { $0["id"]?.stringValue }
  }
}
