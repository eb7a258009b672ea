import Competition
import EventLoop
import Glibc
import Testing

@testable import Orchestration

/// The program, which lies beside the test bundle.
private func program() throws -> String {
  var path = [CChar](repeating: 0, count: 4_096)
  let count = readlink("/proc/self/exe", &path, path.count)
  try #require(count > 0)
  let arguments = CommandLine.arguments.filter { $0.hasSuffix(".xctest") }
  let own = String(decoding: path[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  let folders = (arguments + [own]).map { Folder.parent(of: $0) }
  return try #require(
    folders.map { $0 + "/model-orchestrator" }.first { Folder.isFile($0) }, "\(folders)")
}

private func writeGame(_ folder: TestFolder, port: UInt16 = 0) throws {
  try folder.write(
    """
    infrastructure: {publishers: [{type: websocket, port: \(port)}], database: {type: sqlite}}
    watcher: {interval: 1}
    crunches: [{id: game}]
    """, to: "orchestrator.yml")
  let script = packageFolder + "/Tests/OrchestrationTests/Scripts/serving_model.py"
  try folder.write(
    """
    models:
    - {id: 1, submission_id: s, crunch_id: game, desired_state: RUNNING,
       command: "python3 \(script) {port}"}
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
