import Competition
import Testing

@testable import Storage

/// The statements of `docs/retention.md` that turn a plain `predictions` into a partitioned one.
@Suite(.timeLimit(.minutes(2))) struct ConversionTests {
  private func statements() throws -> [String] {
    let root = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
    let document = try TextFile.read(path: "\(root)/docs/retention.md")
    let blocks = document.split(separator: "```sql\n").dropFirst()
    return blocks.flatMap { block in
      (block.split(separator: "```").first ?? "").split(separator: ";\n").map(String.init)
    }
  }

  @Test func theDocumentedStepsMakeWhatInitDBMakesAndKeepEveryRow() async throws {
    let database = try await TestDatabase.initialized()
    _ = try await TestRound.store(TestRound.make(["[1]", "[2]"]), in: database)
    let rows = "SELECT * FROM predictions ORDER BY id"
    let before = try database.rows(rows)
    let steps = try statements()
    #expect(steps.count > 20)
    try database.with { connection in
      for step in steps { try connection.execute(step, doing: "convert") }
    }
    #expect(try database.rows(rows) == before)
    let report = try database.with {
      try SchemaInitializer($0).initializeDatabase(at: TestRound.start)
    }
    // The old table reaches beyond the coming week: nothing is to be made yet.
    #expect(report.partitions.reason == nil)
    let later = try #require(UTCTime(iso8601: "2026-11-30"))
    let made = try database.with { try PartitionMaker($0).makeAhead(at: later) }
    #expect(made.names.first == "predictions_p20261201")
    #expect(made.reason == nil)
    let parted = try await TestDatabase.partitioned(at: TestRound.start)
    for query in [
      "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'predictions' ORDER BY 1",
      "SELECT pg_get_constraintdef(oid) FROM pg_constraint "
        + "WHERE conrelid = 'predictions'::regclass ORDER BY 1",
    ] {
      #expect(try database.rows(query) == parted.rows(query))
    }
    let again = TestRound.make(["[3]"], at: TestRound.start.advanced(by: .seconds(1)))
    #expect(try await TestRound.store(again, in: database).rowCount == 1)
    #expect(
      try database.rows("SELECT tableoid::regclass, count(*) FROM predictions GROUP BY 1")
        == ["predictions_old|3"])
  }
}
