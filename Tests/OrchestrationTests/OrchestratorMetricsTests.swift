import Competition
import EventLoop
import Glibc
import Telemetry
import Testing

@testable import Orchestration

/// The metrics as `metrics-file` has them.
private func text(_ game: Game) -> String {
  MetricsRegistry().text(adding: game.orchestrator.metrics)
}

@Test func metricsCountModelsStartsClientsAndReports() async throws {
  try await withGame(model("1") + model("2", state: "STOPPED") + model("3")) { game in
    let first = try #require(await game.eventually { $0.running("1")?.processID })
    #expect(await game.eventually { $0.running("3") } != nil)
    kill(first, SIGKILL)
    #expect(await game.eventually { $0.running("1", notAs: first) } != nil)
    await game.use { $0.client.report("3", "LOW_PERFORMANCE") }
    await game.use { $0.client.report("2", "LOW_PERFORMANCE") }
    #expect(
      await game.eventually { $0.status("3")?.phase == .failed ? true : nil } == true)
    let lines = await game.use { Set(text($0).split(separator: "\n").map(String.init)) }
    for line in [
      #"updraft_orchestrator_models{crunch="game",state="running"} 1"#,
      #"updraft_orchestrator_models{crunch="game",state="failed"} 1"#,
      #"updraft_orchestrator_models{crunch="game",state="stopped"} 1"#,
      #"updraft_orchestrator_models{crunch="game",state="waiting"} 0"#,
      "updraft_orchestrator_starts_total 3", "updraft_orchestrator_restarts_total 1",
      "updraft_orchestrator_clients 1", "updraft_orchestrator_client_connections_total 1",
      #"updraft_orchestrator_reports_total{code="LOW_PERFORMANCE"} 1"#,
      "updraft_orchestrator_reports_forbidden_total 0",
      "updraft_orchestrator_messages_refused_total 1",
      #"updraft_orchestrator_clients_dropped_total{reason="slow"} 0"#,
    ] { #expect(lines.contains(line), "\(line)") }
  }
}

@Test func startsOfModelsThatAreGoneStayCounted() {
  var starts = ModelStarts()
  for count in [0, 1, 3] { starts.add(count) }
  #expect(starts.count == 4)
  #expect(starts.againCount == 2)
}

@Test func aTokensFileThatOthersCanReadStopsTheStart() async throws {
  let folder = try TestFolder()
  try folder.write("0123456789abcdef\n", to: "token")
  #expect(chmod("\(folder.path)/token", 0o644) == 0)
  let settings = PublisherSettings()
  var open = settings
  open.tokenFile = "\(folder.path)/token"
  let error = #expect(throws: ConfigurationFault.self) { try open.readToken("o.yml") }
  #expect("\(error.map { "\($0)" } ?? "")".contains("token-file"))
  #expect(try settings.readToken("o.yml") == nil)
}
