import Competition
import EventLoop
import Glibc
import Testing

@testable import Orchestration

/// A registry that does what its files say.
private struct Registry {
  let folder: TestFolder
  let command: OnLoop<Command>
  let url: String

  init(on thread: LoopThread) async throws {
    folder = try TestFolder()
    let words = [
      "python3", packageFolder + "/Tests/OrchestrationTests/Scripts/registry.py", folder.path,
    ]
    command = try await OnLoop(thread) {
      try Command(words, environment: ["PATH": "/usr/bin:/bin"], on: $0)
    }
    let port = try #require(await command.eventually { $0.lines.first })
    url = "http://127.0.0.1:\(port)"
  }

  func answers(_ entries: String..., mode: String = "ok") throws {
    try folder.write("[\(entries.joined(separator: ","))]", to: "answer.json")
    try folder.write(mode, to: "mode")
  }

  func end() async {
    await command.use { $0.kill() }
    _ = await command.eventually { $0.exit }
  }
}

/// Runs an orchestrator that follows a registry of its own.
private func withRegistry(
  mode: String = "ok",
  _ change: @escaping @Sendable (inout OrchestratorConfiguration) -> Void = { _ in },
  _ body: (OnLoop<Game>, Registry) async throws -> Void
) async throws {
  try await withLoop { thread in
    let registry = try await Registry(on: thread)
    try registry.answers(mode: mode)
    let url = registry.url
    var failure: (any Error)?
    do {
      try await withGame(
        "",
        { configuration in
          let folder = String(configuration.file.dropLast("/orchestrator.yml".count))
          configuration.crunches = [CrunchSettings(id: "game", onchainName: "condor")]
          configuration.registry = RegistrySettings(url: url, stateFile: folder + "/state.json")
          change(&configuration)
        }
      ) { try await body($0, registry) }
    } catch { failure = error }
    await registry.end()
    if let failure { throw failure }
  }
}

/// Waits for a line of the log.
private func tells(
  _ game: OnLoop<Game>, _ isTold: @Sendable (RecordedLog) -> Bool
) async -> Bool {
  await game.eventually { isTold($0.log) ? true : nil } == true
}

private func isTried(_ game: Game, _ id: String) -> Bool {
  game.status(id)?.reason?.contains("there is no folder") == true
}

@Test func modelsOfTheRegistryAreStartedFromTheFolderOfTheirSubmission() async throws {
  try await withRegistry { game, registry in
    let url = registry.url
    try registry.answers(registryEntry("1"), registryEntry("2", state: "STOP"), "7")
    #expect(await game.eventually { isTried($0, "1") ? true : nil } == true)
    await game.use { game in
      #expect(game.status("1")?.reason?.contains("/storage/submissions/s1") == true)
      #expect(game.status("2")?.phase == .stopped)
      #expect(game.log.contains("has a problem", "[2]: model is missing", url))
      #expect(game.log.contains("warning", "signatures are NOT checked"))
    }
    #expect(
      registry.folder.read("targets").hasPrefix("/models/states?crunchNames%5B%5D=condor\n"))
    try registry.answers(registryEntry("1", state: "STOP"))
    #expect(await game.eventually { $0.status("1")?.phase == .stopped ? true : nil } == true)
    #expect(await game.use { $0.status("2")?.phase } == .stopped)
  }
}

@Test(arguments: ["error", "garbage", "close", "silent", "endless"])
func whileTheRegistryIsAwayTheLastGoodListHolds(mode: String) async throws {
  let change: @Sendable (inout OrchestratorConfiguration) -> Void = {
    $0.registry?.timeout = .milliseconds(500)
    $0.registry?.answerBytesMax = 100_000
    $0.registry?.backoffMax = .milliseconds(200)
  }
  try await withRegistry(change) { game, registry in
    try registry.answers(registryEntry("1"))
    #expect(await game.eventually { isTried($0, "1") ? true : nil } == true)
    try registry.answers(registryEntry("1", state: "STOP"), mode: mode)
    #expect(await tells(game) { $0.contains("warning", "the last good one holds", "age_s=") })
    #expect(await game.use { $0.status("1")?.phase.isActive } == true)
    #expect(await tells(game) { $0.contains("the last good one holds", "url=\(registry.url)") })
    #expect(await game.use { $0.folder.read("state.json") }.contains("\"START\""))
    try registry.answers(registryEntry("1", state: "STOP"))
    #expect(await game.eventually { $0.status("1")?.phase == .stopped ? true : nil } == true)
    #expect(await tells(game) { $0.contains("the registry answers again") })
  }
}

@Test func aModelThatIsMissingFromAnAnswerGoesOn() async throws {
  try await withRegistry { game, registry in
    try registry.answers(registryEntry("1"), registryEntry("2"))
    #expect(await game.eventually { isTried($0, "2") ? true : nil } == true)
    try registry.answers(registryEntry("1"))
    #expect(await tells(game) { $0.contains("doesn't list a model any more", "model=2") })
    #expect(await game.use { $0.status("2")?.phase.isActive } == true)
  }
}

@Test func aStartWhileTheRegistryIsAwayUsesTheKeptAnswer() async throws {
  let folder = try TestFolder()
  try folder.write("[\(registryEntry("1"))]", to: "state.json")
  let path = folder.path + "/state.json"
  try await withRegistry({ $0.registry?.stateFile = path }) { game, registry in
    #expect(await game.eventually { isTried($0, "1") ? true : nil } == true)
    await game.use { game in
      #expect(game.log.contains("beginning with the registry's last good answer", "age_s="))
    }
    try registry.answers(registryEntry("2"))
    #expect(await game.eventually { isTried($0, "2") ? true : nil } == true)
  }
}

@Test func aStartWithoutAnyAnswerRunsNothingAndSaysSo() async throws {
  try await withRegistry(mode: "silent", { $0.registry?.timeout = .milliseconds(200) }) { game, _ in
    #expect(await tells(game) { $0.contains("none is kept: no models are run", "timed out") })
    #expect(await game.use { $0.orchestrator.statuses.isEmpty })
  }
}

@Test func aCheckTellsTheRegistrysStateAndTheAgeOfWhatIsKept() async throws {
  try await withLoop { thread in
    let registry = try await Registry(on: thread)
    let folder = try TestFolder()
    var configuration = try OrchestratorConfiguration.parse(
      "infrastructure: {publishers: [{type: websocket, port: 0}]}\ncrunches: [{id: game}]",
      file: "\(folder.path)/orchestrator.yml", environment: [:])
    var settings = RegistrySettings(url: registry.url, stateFile: folder.path + "/state.json")
    settings.timeout = .seconds(5)
    configuration.crunches = [CrunchSettings(id: "game", onchainName: "condor")]
    configuration.registry = settings
    let ready = configuration
    func findings() async throws -> [InspectionFinding] {
      let inspection = try await OnLoop(thread) {
        Inspection(ready, environment: ["PATH": "/usr/bin:/bin"], on: $0)
      }
      return await inspection.wait { $0.run($1) }.filter { $0.name == "registry" }
    }
    try registry.answers(registryEntry("1"))
    let fine = try await findings()
    #expect(fine.map(\.severity) == [.fine] && fine[0].text.contains("answers with 1 models"))
    try registry.answers(mode: "error")
    let failed = try await findings()
    #expect(failed.map(\.severity) == [.failure])
    #expect(failed.first?.text.contains("no earlier answer is kept") == true)
    try folder.write("[\(registryEntry("1"))]", to: "state.json")
    let kept = try await findings()
    #expect(kept.map(\.severity) == [.warning])
    #expect(kept.first?.text.contains(" s ago would be used (\(folder.path)/state.json)") == true)
    await registry.end()
  }
}

@Test func plainHTTPToAnotherMachineIsWarnedAbout() async throws {
  for (url, isWarned) in [
    ("http://127.0.0.2:1", true), ("http://localhost.example:1", true),
    ("http://127.0.0.1:1", false),
    ("http://[::1]:1", false), ("http://localhost:1", false),
  ] {
    try await withLoop { thread in
      let folder = try TestFolder()
      var configuration = try OrchestratorConfiguration.parse(
        "infrastructure: {publishers: [{type: websocket, port: 0}]}\ncrunches: [{id: game}]",
        file: "\(folder.path)/orchestrator.yml", environment: [:])
      configuration.registry = RegistrySettings(url: url, stateFile: folder.path + "/state.json")
      let ready = configuration
      let inspection = try await OnLoop(thread) {
        Inspection(ready, environment: ["PATH": "/usr/bin:/bin"], on: $0)
      }
      let findings = await inspection.wait { $0.run($1) }
      #expect(findings.contains { $0.text.contains("without TLS") } == isWarned, "\(url)")
    }
  }
}
