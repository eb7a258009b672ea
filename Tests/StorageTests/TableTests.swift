import Competition
import Testing

@testable import Storage

@Suite(.timeLimit(.minutes(2))) struct TableTests {
  @Test func defaultConfigsAreCondorsInOrder() async throws {
    let database = try await TestDatabase.initialized()
    let configs = try database.with { try PredictionConfigTable($0).loadActive() }
    let shown = configs.map {
      "\($0.order) \($0.params.asset) \($0.params.horizonSeconds) \($0.params.stepSeconds) "
        + "\($0.intervalSeconds) \($0.active)"
    }
    #expect(
      shown == [
        "1 BTC 86400 300 3600 true", "2 BTC 3600 60 720 true", "3 ETH 86400 300 3600 true",
        "4 ETH 3600 60 720 true", "5 XAU 86400 300 3600 true", "6 XAU 3600 60 720 true",
        "7 SOL 86400 300 3600 true", "8 SOL 3600 60 720 true",
      ])
  }

  @Test func configIDsAreEightBase32LettersAfterThePrefix() {
    let ids = (0..<500).map { _ in PredictionConfigTable.newID() }
    let alphabet = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
    #expect(ids.allSatisfy { $0.hasPrefix("CFG_") && $0.count == 12 })
    #expect(ids.allSatisfy { $0.dropFirst(4).allSatisfy(alphabet.contains) })
    #expect(Set(ids).count == ids.count)
  }

  @Test func configsCanBeAddedPausedResumedAndRemoved() async throws {
    let database = try await TestDatabase.initialized()
    try database.with { connection throws in
      let table = PredictionConfigTable(connection)
      let params = PredictionParams(asset: "DOGE", horizonSeconds: 20, stepSeconds: 5)
      let added = try table.add(params, intervalSeconds: 10)
      #expect(added.order == 9)
      #expect(added.params == params)
      #expect(try table.loadActive().last == added)
      try table.pause(id: added.id)
      #expect(try table.loadActive().count == 8)
      #expect(try table.list().count == 9)
      try table.resume(id: added.id)
      #expect(try table.loadActive().count == 9)
      try table.remove(id: added.id)
      let error = try #require(throws: StorageError.self) { try table.remove(id: added.id) }
      #expect(error.code == .configuration)
      #expect(error.description.contains("no such row"))
    }
  }

  @Test(arguments: [("", 60, 60, 1), ("A", 60, 0, 1), ("A", 30, 60, 1), ("A", 60, 60, 0)])
  func configsThatMakeNoSenseAreRefused(
    asset: String, horizon: Int, step: Int, interval: Int
  ) async throws {
    let database = try await TestDatabase.initialized()
    let params = PredictionParams(asset: asset, horizonSeconds: horizon, stepSeconds: step)
    #expect(throws: StorageError.self) {
      try database.with {
        _ = try PredictionConfigTable($0).add(params, intervalSeconds: interval)
      }
    }
    #expect(try database.rows("SELECT count(*) FROM prediction_configs") == ["8"])
  }

  @Test func modelsAreWrittenOnlyWhenTheyChangedAndKeepTheirScores() async throws {
    let database = try await TestDatabase.initialized()
    let rows = ["m1", "m2", "m3"].map { TestRound.row(ModelID($0)) }
    try database.with { connection throws in
      let table = ModelTable(connection)
      #expect(try table.upsert(rows) == 3)
      #expect(try table.upsert(rows) == 0)
      #expect(try table.upsert([]) == 0)
      #expect(try table.load() == rows)
    }
    #expect(try database.rows("SELECT DISTINCT scores_by_param::text FROM models") == ["[]"])
    try database.execute("UPDATE models SET overall_score_recent = 1.5, scores_by_param = '[1]'")
    let renamed = ModelRow(
      modelID: ModelID("m2"), name: #"quo"te, \back {brace} ü"#, deploymentID: "d2",
      playerID: "", playerName: "NUL\0here")
    #expect(try database.with { try ModelTable($0).upsert(rows + [renamed]) } == 1)
    #expect(
      try database.rows(
        "SELECT name, player_name, overall_score_recent, scores_by_param FROM models "
          + "WHERE crunch_identifier = 'm2'")
        == [#"quo"te, \back {brace} ü|NUL"# + "\u{FFFD}here|1.5|[1]"])
  }

  @Test func typedReadsTellAboutNullsAndOtherTypes() async throws {
    let database = try await TestDatabase.empty()
    try database.with { connection throws in
      let sql = """
        SELECT 7::int2, -7::int8, 1.5::float4, true, 'é'::varchar, NULL::int4,
          timestamptz '2026-11-22 11:01:54.820462+00', timestamp '1969-12-31 23:59:59'
        """
      let row = try #require(try connection.query(sql, doing: "read").first)
      #expect(try row.int(0) == 7)
      #expect(try row.int(1) == -7)
      #expect(try row.double(2) == 1.5)
      #expect(try row.bool(3))
      #expect(try row.text(4) == "é")
      #expect(try row.optional(5, row.int) == nil)
      #expect(try row.time(6).iso8601 == "2026-11-22T11:01:54.820462")
      #expect(try row.time(7).iso8601 == "1969-12-31T23:59:59")
      #expect(throws: StorageError.self) { try row.int(5) }
      #expect(throws: StorageError.self) { try row.text(0) }
      let text = try #require(try connection.query(sql, format: .text, doing: "read").first)
      #expect(try text.int(1) == -7)
      #expect(try text.double(2) == 1.5)
    }
  }
}
