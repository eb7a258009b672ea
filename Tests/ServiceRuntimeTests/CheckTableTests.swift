import ArgumentParser
import ServiceRuntime
import Testing

@Suite struct CheckTableTests {
  private let database = CheckRow.ok("database", "PostgreSQL 15.20")
  private let spool = CheckRow.warning("spool", "80 % full", remedy: "give spool.bytes_max more")
  private let peer = CheckRow.failure(
    "orchestrator", "refused:\n\"no\"", remedy: "start model-orchestrator")

  @Test func theWorstRowDecidesAndAWarningIsNoFailure() {
    var table = CheckTable()
    #expect(table.result == .ok)
    table.add(database)
    #expect(table.exitCode == .success)
    table.add(spool)
    #expect(table.result == .warning)
    #expect(table.exitCode == .success)
    table.add(peer)
    table.add(database)
    #expect(table.result == .failure)
    #expect(table.exitCode.rawValue == 1)
  }

  @Test func theTextAlignsItsColumnsAndPutsTheRemedyBelow() {
    #expect(
      CheckTable([database, spool, peer]).text == """
        ok       database      PostgreSQL 15.20
        warning  spool         80 % full
                 → give spool.bytes_max more
        failure  orchestrator  refused:\\n"no"
                 → start model-orchestrator

        """)
    #expect(CheckTable().text.isEmpty)
  }

  @Test func theJSONIsOneLineWithEveryRow() {
    #expect(
      CheckTable([database, peer]).json
        == "{\"result\":\"failure\",\"checks\":["
        + "{\"name\":\"database\",\"result\":\"ok\",\"finding\":\"PostgreSQL 15.20\","
        + "\"remedy\":null},"
        + "{\"name\":\"orchestrator\",\"result\":\"failure\","
        + "\"finding\":\"refused:\\n\\\"no\\\"\",\"remedy\":\"start model-orchestrator\"}]}")
    #expect(CheckTable().json == "{\"result\":\"ok\",\"checks\":[]}")
  }
}
