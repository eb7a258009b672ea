import Foundation
import JSON
import Testing

/// `updraft doctor`: one object with a row for each check.
struct DoctorCommandTests {
  @Test func everyCheckIsNamedAndAFailureSaysWhatToDo() async throws {
    let database = try await CommandDatabase.empty()
    var environment = database.environment
    // Nothing listens on port 1.
    environment["MODEL_RUNNER_NODE_PORT"] = "1"
    let before = try await UpdraftProgram.run("doctor", "--json", environment: environment)
    #expect(before.status == 1)
    let ill = try rows(before)
    let names = Set(ill.compactMap { $0["name"]?.stringValue })
    let expected: Set = [
      "configuration", "database", "schema", "rights", "compression", "clock", "configs",
      "orchestrator", "prices", "spool", "spool files", "descriptors", "programs", "python",
    ]
    #expect(names == expected)
    #expect(row("database", ill)?["result"] == "ok")
    #expect(row("schema", ill)?["result"] == "failure")
    #expect(row("schema", ill)?["remedy"]?.stringValue?.contains("updraft init-db") == true)
    #expect(row("orchestrator", ill)?["result"] == "failure")
    let isTold = ill.allSatisfy { ($0["result"] == "ok") == ($0["remedy"]?.isNull == true) }
    #expect(isTold, "what is not ok has a remedy")

    _ = try await UpdraftProgram.run("init-db", environment: environment)
    let well = try rows(try await UpdraftProgram.run("doctor", "--json", environment: environment))
    let healthy = [
      "database", "schema", "rights", "compression", "clock", "configs", "size", "bloat",
      "partitions", "scoring", "retention", "spool files",
    ]
    for name in healthy { #expect(row(name, well)?["result"] == "ok", "\(name)") }
  }

  @Test func whatTheDatabaseHoldsTooLongIsAWarning() async throws {
    let database = try await CommandDatabase.empty()
    var environment = database.environment
    environment["MODEL_RUNNER_NODE_PORT"] = "1"
    _ = try await UpdraftProgram.run(
      "init-db", "--partition", "week", environment: environment)
    try database.execute(TestRows.insert(5, daysAgo: 40, scoredDaysAgo: 39))
    try database.execute(TestRows.insert(3, daysAgo: 2, scoredDaysAgo: nil, model: "late"))
    try database.execute("ALTER TABLE predictions_default ALTER distributions SET COMPRESSION pglz")
    let ill = try rows(try await UpdraftProgram.run("doctor", "--json", environment: environment))
    let findings: [(String, String)] = [
      ("retention", "5 of predictions"), ("scoring", "3 predictions wait"),
      ("partitions", "rows are in predictions_default"),
      ("compression", "public.predictions_default isn't lz4"),
    ]
    for (name, finding) in findings {
      #expect(row(name, ill)?["result"] == "warning", "\(name)")
      let text = row(name, ill)?["finding"]?.stringValue ?? ""
      #expect(text.contains(finding), "\(text)")
    }
    let schema = row("schema", ill)?["finding"]?.stringValue
    #expect(schema?.contains("predictions is partitioned") == true)
    let size = row("size", ill)?["finding"]?.stringValue
    #expect(size?.contains("predictions ") == true, "\(size ?? "")")
  }

  @Test func aDatabaseThatIsNotThereIsAFailure() async throws {
    let environment = ["POSTGRES_HOST": "/nowhere", "MODEL_RUNNER_NODE_PORT": "1"]
    let run = try await UpdraftProgram.run("doctor", "--json", environment: environment)
    #expect(run.status == 1)
    #expect(row("database", try rows(run))?["result"] == "failure")
  }

  @Test func aWrongSettingIsNamedWithItsLine() async throws {
    let file = FileManager.default.temporaryDirectory
      .appendingPathComponent("doctor-\(UUID().uuidString).yml")
    try "crunch_id: x\npredict:\n  timeout: never\n".write(
      to: file, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(at: file) }
    let run = try await UpdraftProgram.run("doctor", "--json", "--config", file.path)
    #expect(run.status == 1)
    let finding = row("configuration", try rows(run))?["finding"]?.stringValue
    #expect(finding?.contains("predict.timeout") == true)
    #expect(finding?.contains(".yml:3") == true)
  }

  private func rows(_ run: UpdraftProgram) throws -> [JSONValue] {
    #expect(run.lines.count == 1)
    return try JSONValue.parse(text: run.output)["checks"]?.arrayValue ?? []
  }

  private func row(_ name: String, _ rows: [JSONValue]) -> JSONValue? {
    rows.first { $0["name"]?.stringValue == name }
  }
}
