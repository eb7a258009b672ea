import Foundation
import JSON
import Testing

/// `updraft prune` against a real server.
struct PruneCommandTests {
  @Test func aDryRunTellsWhatWouldGoAndThePruningDeletesIt() async throws {
    let database = try await CommandDatabase.empty()
    let environment = database.environment
    _ = try await UpdraftProgram.run("init-db", environment: environment)
    try database.execute(TestRows.insert(250, daysAgo: 40, scoredDaysAgo: 39))
    try database.execute(TestRows.insert(3, daysAgo: 50, scoredDaysAgo: nil, model: "open"))
    let dry = try await UpdraftProgram.run("prune", "--dry-run", environment: environment)
    #expect(dry.status == 0, "\(dry.errors)")
    #expect(dry.lines.first?.hasPrefix("what ") == true)
    #expect(dry.output.contains("predictions             250"), "\(dry.output)")
    #expect(dry.lines.last?.contains("nothing was changed") == true)

    let run = try await UpdraftProgram.run("prune", environment: environment)
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output == "deleted 250 rows of predictions\n")
    #expect(run.errors == [])
    let again = try await UpdraftProgram.run("prune", "--json", environment: environment)
    let report = try JSONValue.parse(text: again.output)
    #expect(report["deleted"]?["predictions"] == 0)
    #expect(report["problems"]?.arrayValue == [])
  }

  @Test func theGamesOwnLimitsCount() async throws {
    let database = try await CommandDatabase.empty()
    _ = try await UpdraftProgram.run("init-db", environment: database.environment)
    try database.execute(TestRows.insert(4, daysAgo: 3, scoredDaysAgo: 2))
    let file = FileManager.default.temporaryDirectory
      .appendingPathComponent("prune-\(UUID().uuidString).yml")
    try "retention: {predictions: 1d}\n".write(to: file, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(at: file) }
    let dry = try await UpdraftProgram.run(
      "prune", "--dry-run", "--json", "--config", file.path, environment: database.environment)
    let rows = try JSONValue.parse(text: dry.output)["would_delete"]?.arrayValue ?? []
    #expect(rows.first?["subject"] == "predictions")
    #expect(rows.first?["rows"] == 4)
  }

  @Test func aReadOnlyRoleGetsALineForEachTableAndExitsOne() async throws {
    let database = try await CommandDatabase.empty()
    _ = try await UpdraftProgram.run("init-db", environment: database.environment)
    try database.execute(
      """
      DO $$ BEGIN CREATE ROLE onlooker LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
      GRANT SELECT ON ALL TABLES IN SCHEMA public TO onlooker
      """)
    var environment = database.environment
    environment["POSTGRES_USER"] = "onlooker"
    let run = try await UpdraftProgram.run("prune", environment: environment)
    #expect(run.status == 1)
    #expect(run.errors.count == 3, "\(run.errors)")
    #expect(run.errors.allSatisfy { $0.contains("permission denied") && $0.contains("GRANT") })
  }

  @Test func partitionedTablesAreMadeAndAPlainOneIsNotConverted() async throws {
    let database = try await CommandDatabase.empty()
    let environment = database.environment
    let first = try await UpdraftProgram.run("init-db", "--partitioned", environment: environment)
    #expect(first.status == 0, "\(first.errors)")
    #expect(first.output.contains("partitions 8 made, reaching to "), "\(first.output)")
    let second = try await UpdraftProgram.run("init-db", "--partitioned", environment: environment)
    #expect(second.status == 0, "\(second.errors)")
    #expect(second.output.contains("partitions 0 made"))

    let plain = try await CommandDatabase.empty()
    _ = try await UpdraftProgram.run("init-db", environment: plain.environment)
    let refused = try await UpdraftProgram.run(
      "init-db", "--partitioned", environment: plain.environment)
    #expect(refused.status == 69)
    #expect(refused.errors.count == 1)
    #expect(refused.errors.first?.contains("docs/retention.md") == true)
  }
}
