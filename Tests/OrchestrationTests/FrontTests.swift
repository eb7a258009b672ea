import Competition
import EventLoop
import Glibc
import Resilience
import Testing

@testable import Orchestration

/// A front that serves by itself and says its process id and ports; `wishes` as the model's.
private func front(_ wishes: String = "") -> FrontSettings {
  FrontSettings(
    command: [
      "sh", "-c",
      "echo pid $$ {port} {model_port} {model_id}; exec python3 \(servingScript) {port} \(wishes)",
    ], folder: "/tmp")
}

private func change(
  _ settings: FrontSettings
) -> @Sendable (inout OrchestratorConfiguration) -> Void {
  {
    $0.runner.front = settings
    $0.runner.startTimeout = .seconds(5)
  }
}

/// What the newest front of model 1 has said: its process, its port and the model's.
private func lastFront(_ game: Game) -> (processID: Int32, port: Int, modelPort: Int)? {
  let words = game.folder.read("logs/1.log").split(separator: "\n")
    .last { $0.contains(" front: pid ") }?.split(separator: " ").map(String.init)
  guard let words, words.count == 7, let processID = Int32(words[3]), let port = Int(words[4]),
    let modelPort = Int(words[5]), words[6] == "1"
  else { return nil }
  return (processID, port, modelPort)
}

@Test func aFrontIsAnnouncedInsteadOfItsModelAndEndsWithIt() async throws {
  var last: Int32 = 0
  try await withGame(model("1"), change(front())) { game in
    let status = try #require(await game.eventually { $0.running("1") })
    let first = try #require(await game.eventually(lastFront))
    #expect(first.port != first.modelPort)
    let told = try #require(await game.eventually { $0.client.texts.last })
    #expect(told.contains("\"port\":\"\(first.port)\"") || told.contains("\"port\":\(first.port)"))
    await game.use { #expect($0.folder.read("logs/1.log").contains("on port \(first.modelPort)")) }

    let processID = try #require(status.processID)
    kill(processID, SIGKILL)
    let again = try #require(await game.eventually { $0.running("1", notAs: processID) })
    let second = try #require(
      await game.eventually { game -> (Int32, Int, Int)? in
        lastFront(game).flatMap { $0.processID == first.processID ? nil : $0 }
      })
    #expect(!isAlive(first.processID), "the front goes with its model")

    kill(second.0, SIGKILL)
    _ = try #require(await game.eventually { $0.running("1", notAs: again.processID) })
    #expect(again.processID.map(isAlive) == false, "the model goes with its front")
    let states = await game.use { $0.client.entries("update").map { $0.split(separator: " ")[1] } }
    #expect(states.suffix(4) == ["RECOVERING", "RUNNING", "RECOVERING", "RUNNING"])
    last = try #require(await game.eventually(lastFront)).processID
  }
  #expect(!isAlive(last), "the front of a stopped model is gone")
}

@Test(arguments: [
  ("exit", "its front exited with code 3: arguments "),
  ("deaf", "its front doesn't listen on port "),
])
func aModelWhoseFrontDoesNotStandIsNeverAnnounced(wish: String, reason: String) async throws {
  let change: @Sendable (inout OrchestratorConfiguration) -> Void = {
    $0.runner.front = front(wish)
    $0.runner.startTimeout = .milliseconds(700)
  }
  try await withGame(model("1"), change) { game in
    let seen = await game.eventually { game -> String? in
      guard let status = game.status("1"), status.phase == .waiting, let why = status.reason,
        why.contains("front")
      else { return nil }
      return why
    }
    #expect(seen?.contains(reason) == true, "\(seen ?? "nothing")")
    await game.use { #expect($0.client.entries("update").isEmpty) }
  }
}

@Test func aFrontThatIsNoProgramIsToldByName() async throws {
  let nowhere = FrontSettings(
    command: ["/nowhere/front", "{port}", "{model_port}"], folder: "/tmp")
  try await withGame(model("1"), change(nowhere)) { game in
    let seen = await game.eventually { game -> Bool? in
      game.status("1")?.reason?.contains("its front can't be started: ") == true ? true : nil
    }
    #expect(seen == true)
  }
}

@Test func withoutASecondPortNothingIsStarted() async throws {
  let change: @Sendable (inout OrchestratorConfiguration) -> Void = {
    $0.runner.front = front()
    $0.runner.ports = 29_871...29_871
  }
  try await withGame(model("1"), change) { game in
    let seen = await game.eventually { game -> Bool? in
      let reason = game.status("1")?.reason ?? ""
      return reason.contains("start a front") && reason.contains("no port is free") ? true : nil
    }
    #expect(seen == true)
    #expect(await game.use { $0.status("1")?.startCount } == 0)
  }
}

@Test func aFrontThatEndsWithdrawsItsModelAndAStaleWordOfItIsIgnored() {
  let entry = ModelEntry(
    modelID: ModelID("7"), crunchID: "game", launch: ModelLaunch(submissionID: "s"))
  var policy = SupervisionPolicy()
  policy.restart = Backoff(min: .seconds(1), max: .seconds(8), jitter: 0)
  var supervisor = ModelSupervisor(entry, policy: policy, seed: 1)
  let now = MonotonicInstant(nanoseconds: 1)
  func send(_ event: ModelEvent) -> [ModelAction] { supervisor.handle(event, at: now) }
  for event in [
    ModelEvent.wanted(entry), .environmentReady, .started(deploymentID: "d", port: 5), .healthy,
  ] { _ = send(event) }
  let actions = send(.frontEnded(reason: "its front is gone"))
  guard case .announce(let told, "game") = actions.dropFirst().first else {
    Issue.record("\(actions)")
    return
  }
  #expect(told.state == .recovering && told.description.port == 5)
  #expect(actions.first == .unwatchHealth && actions.last == .terminate)
  #expect(supervisor.phase == .stopping)
  #expect(send(.frontEnded(reason: "again")) == [])
  #expect(send(.exited(ChildExit(code: 0, signal: 15))) == [.armBackoff(.seconds(1))])
  #expect(supervisor.reason == "its front is gone")
}

@Test func aFrontIsReadWithItsPlaceholders() throws {
  func read(_ front: String) throws -> OrchestratorConfiguration {
    try OrchestratorConfiguration.parse(
      """
      infrastructure:
        publishers: [{type: websocket}]
        runner: {front: \(front)}
      crunches: [{id: game}]
      """, file: "/etc/game/orchestrator.yml", environment: [:])
  }
  let settings = try #require(
    try read("{command: \"./front -l {port} -m 127.0.0.1:{model_port} keys/{model_id}\"}")
      .runner.front)
  #expect(settings.folder == "/etc/game")
  #expect(
    settings.words(model: ModelID("9647"), modelPort: 7, port: 8)
      == ["/etc/game/front", "-l", "8", "-m", "127.0.0.1:7", "keys/9647"])
  #expect(try read("null").runner.front == nil)
  for (text, part) in [
    ("{}", "front.command: is missing"), ("{command: []}", "must be a program"),
    ("{command: \"f {port}\"}", "must contain {model_port}"),
    ("{command: [f, \"{model_port}\"]}", "must contain {port}"),
    ("{command: \"f {port} {model_port} {modelid}\"}", "{modelid} stands for nothing"),
    ("{command: \"f {port} {model_port}\", user: x}", "user: unknown setting"),
  ] {
    let fault = #expect(throws: ConfigurationFault.self) { try read(text) }
    #expect(fault.map { "\($0)" }?.contains(part) == true, "\(text): \(String(describing: fault))")
  }
}
