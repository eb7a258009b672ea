import Competition
import EventLoop
import Glibc
import Testing

@testable import Orchestration

private func writeGame(
  _ folder: TestFolder, port: UInt16 = 0, script: String = "serving_model", wishes: String = ""
) throws {
  try folder.write(
    """
    infrastructure: {publishers: [{type: websocket, port: \(port)}], database: {type: sqlite}}
    watcher: {interval: 1}
    can-place-in-quarantine: false
    crunches: [{id: game}]
    """, to: "orchestrator.yml")
  let script = packageFolder + "/Tests/OrchestrationTests/Scripts/\(script).py"
  try folder.write(
    """
    models:
    - {id: 1, submission_id: s, crunch_id: game, desired_state: RUNNING,
       command: "python3 \(script) {port} \(wishes)"}
    """, to: "models.yml")
  try folder.write("", to: "storage/submissions/s/readme")
}

@Test func theProgramTellsItsVersion() async throws {
  try await withLoop { thread in
    let (lines, exit) = try await run(
      [try program(), "--version"], within: .seconds(20), on: thread)
    #expect(lines == ["model-orchestrator \(updraftVersion)"])
    #expect(exit?.isSuccess == true)
  }
}

@Test(arguments: [
  ("surprise: 1\ncrunches: [{id: g}]", "surprise: unknown setting"), ("a: [", "not YAML"),
])
func aWrongConfigurationEndsTheProgramWithOneClearLine(text: String, reason: String) async throws {
  let folder = try TestFolder()
  try folder.write(text, to: "orchestrator.yml")
  try await withLoop { thread in
    let (lines, exit) = try await run(
      [try program(), "--config", "\(folder.path)/orchestrator.yml"], within: .seconds(20),
      on: thread)
    #expect(lines.count == 1 && lines[0].hasPrefix("model-orchestrator: "), "\(lines)")
    #expect(lines.first?.contains(reason) == true)
    #expect(lines.first?.contains("orchestrator.yml:1") == true || reason == "not YAML")
    #expect(exit == ChildExit(code: 78, signal: 0))
  }
}

@Test func checkPrintsATableAndFailsWhenAPortIsTaken() async throws {
  let folder = try TestFolder()
  try await withLoop { thread in
    let holder = try await OnLoop(thread) { loop in
      try TCPListener(
        on: try #require(SocketAddress(host: "127.0.0.1", port: 0)), loop: loop
      ) { $0.close() }
    }
    let port = await holder.use { $0.address.port }
    try writeGame(folder, port: port)
    let words = [try program(), "--check", "--config", "\(folder.path)/orchestrator.yml"]
    let bad = try await run(words, within: .seconds(20), on: thread)
    #expect(bad.exit == ChildExit(code: 1, signal: 0))
    #expect(bad.lines.contains { $0.hasPrefix("failure") && $0.contains("\(port)") })
    await holder.use { $0.close() }
    let good = try await run(words, within: .seconds(20), on: thread)
    #expect(good.exit?.isSuccess == true, "\(good.lines)")
    #expect(good.lines.contains { $0.hasPrefix("ok") && $0.contains("1 to run, 0 stopped") })
    #expect(good.lines.contains { $0.hasPrefix("warning") && $0.contains("database") })
  }
}

@Test(arguments: [SIGTERM, SIGINT])
func aSignalStopsTheModelsAndTheProgram(signal: Int32) async throws {
  let folder = try TestFolder()
  try writeGame(folder)
  let words = [
    try program(), "--config", "\(folder.path)/orchestrator.yml", "--models",
    "\(folder.path)/models.yml", "--log-format", "json",
  ]
  try await withLoop { thread in
    let command = try await OnLoop(thread) { try Command(words, on: $0) }
    let running = await command.eventually { command in
      command.lines.contains { $0.contains("model running") } ? true : nil
    }
    #expect(running == true)
    let started = MonotonicInstant.now()
    await command.use { $0.send(signal) }
    #expect(await command.eventually { $0.exit?.isSuccess } == true)
    #expect(MonotonicInstant.now().since(started) < .seconds(10))
    let lines = await command.use { $0.lines }
    #expect(lines.allSatisfy { $0.hasPrefix("{") && $0.hasSuffix("}") }, "\(lines)")
    #expect(lines.last?.contains("stopped") == true)
  }
}

/// The program, run until its model does.
private func startUntilRunning(
  _ folder: TestFolder, on thread: LoopThread
) async throws -> OnLoop<Command> {
  let words = [try program(), "--config", "\(folder.path)/orchestrator.yml"]
  let command = try await OnLoop(thread) { try Command(words, on: $0) }
  let running = await command.eventually { command in
    command.lines.contains { $0.contains("model running") } ? true : nil
  }
  let lines = await command.use { $0.lines }
  try #require(running == true, "\(lines)")
  return command
}

/// The number after `word` in the first line of the model's log that has it.
private func logged(_ word: String, _ folder: TestFolder) async -> Int32? {
  let deadline = MonotonicInstant.now().advanced(by: .seconds(20))
  while MonotonicInstant.now() < deadline {
    let lines = folder.read("logs/1.log").split(separator: "\n")
    let found = lines.lazy.map { $0.split(separator: " ") }.first {
      $0.count == 3 && $0[1] == word
    }
    if let found { return Int32(found[2]) }
    await Task.yield()
  }
  return nil
}

@Test func afterAKillNoModelRunsAndTheNextStartEndsWhatItsModelsLeft() async throws {
  let folder = try TestFolder()
  try writeGame(folder, wishes: "helper")
  try await withLoop { thread in
    let first = try await startUntilRunning(folder, on: thread)
    let helper = try #require(await logged("helper", folder))
    let model = try #require(ProcessTable.read().entries[helper]?.parentID)
    await first.use { $0.killAlone() }
    #expect(await first.eventually { $0.exit?.signal } == SIGKILL)
    #expect(await hasEnded(model), "the kernel ends it with its parent")
    #expect(isAlive(helper), "its child is beyond that")
    let second = try await startUntilRunning(folder, on: thread)
    #expect(await hasEnded(helper))
    let told = await second.use { $0.lines }
    #expect(told.contains { $0.contains("processes of models of an earlier run were killed") })
    await second.use { $0.send(SIGTERM) }
    #expect(await second.eventually { $0.exit?.isSuccess } == true)
    #expect(!folder.exists("logs/model-processes.txt"))
  }
}

@Test func aDaemonWithoutParentSessionAndMarkIsKilledByTheProgram() async throws {
  let folder = try TestFolder()
  try writeGame(folder, script: "hostile_model", wishes: "shy-daemon")
  try await withLoop { thread in
    let command = try await startUntilRunning(folder, on: thread)
    let daemon = try #require(await logged("daemon", folder))
    #expect(await hasEnded(daemon))
    await command.use { $0.send(SIGTERM) }
    #expect(await command.eventually { $0.exit?.isSuccess } == true)
  }
}

@Test func aSecondOrchestratorOfTheSameListIsRefused() async throws {
  let folder = try TestFolder()
  try writeGame(folder)
  try await withLoop { thread in
    let first = try await startUntilRunning(folder, on: thread)
    let second = try await run(
      [try program(), "--config", "\(folder.path)/orchestrator.yml"], within: .seconds(20),
      on: thread)
    #expect(second.exit == ChildExit(code: 78, signal: 0))
    #expect(second.lines.last?.contains("another orchestrator uses it") == true)
    await first.use { $0.send(SIGTERM) }
    #expect(await first.eventually { $0.exit?.isSuccess } == true)
  }
}
