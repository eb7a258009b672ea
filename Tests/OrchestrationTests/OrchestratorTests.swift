import Competition
import EventLoop
import Glibc
import Resilience
import Testing

@testable import Orchestration

@Test func aNativeModelIsStartedPublishedRestartedWhenKilledAndStoppedAtTheEnd() async throws {
  try await withGame(model("1") + model("2", state: "STOPPED")) { game in
    let first = try #require(await game.eventually { $0.running("1") })
    let deployment = try #require(first.deploymentID)
    #expect(deployment.hasPrefix("1_2"))
    let told = await game.eventually { game -> [String]? in
      let told = game.client.entries("init") + game.client.entries("update")
      return told.isEmpty ? nil : told
    }
    #expect(told == ["1 RUNNING \(deployment)"])
    let processID = try #require(first.processID)
    kill(processID, SIGKILL)
    let second = try #require(await game.eventually { $0.running("1", notAs: processID) })
    let next = try #require(second.deploymentID)
    #expect(next != deployment)
    #expect(second.startCount == 2)
    #expect(
      await game.eventually { game -> [String]? in
        let news = Array(game.client.entries("update").suffix(2))
        return news.last == "1 RUNNING \(next)" ? news : nil
      } == ["1 RECOVERING \(deployment)", "1 RUNNING \(next)"])
    await game.use {
      #expect($0.status("2")?.phase == .stopped)
      #expect($0.status("2")?.startCount == 0)
      let log = $0.folder.read("logs/1.log")
      #expect(log.contains("--- \(deployment): /usr/bin/python3 on port 2"))
      #expect(log.contains("arguments 2") && log.contains("ended by signal 9"))
    }
  }
}

@Test func coordinatorsHearOfTheStopBeforeTheyAreClosed() async throws {
  var told: [String] = []
  try await withLoop { thread in
    let folder = try TestFolder()
    try folder.write("models:\n" + model("1"), to: "models.yml")
    try folder.write("", to: "storage/submissions/s/readme")
    let configuration = try OrchestratorConfiguration.parse(
      "infrastructure: {publishers: [{type: websocket, port: 0}]}\ncrunches: [{id: game}]",
      file: "\(folder.path)/orchestrator.yml", environment: [:])
    let game = try await OnLoop(thread) { try Game(folder, configuration, on: $0) }
    _ = try #require(await game.eventually { $0.running("1") })
    _ = try #require(await game.eventually { $0.client.texts.last })
    await game.wait { game, done in game.orchestrator.stop { done(()) } }
    #expect(await game.eventually { $0.client.hasEnded ? true : nil } == true)
    told = await game.use { $0.client.entries("update") }
    #expect(await game.use { $0.client.closeCode } == 1_001)
    await game.use { $0.client.close() }
  }
  #expect(told.last?.hasPrefix("1 STOPPED 1_") == true)
}

@Test func whatAModelStartsGoesWithItAndSIGTERMCannotBeIgnoredForLong() async throws {
  let change: @Sendable (inout OrchestratorConfiguration) -> Void = {
    $0.runner.stopTimeout = .milliseconds(200)
  }
  var helper: Int32?
  try await withGame(model("1", "ignore-term helper"), change) { game in
    _ = try #require(await game.eventually { $0.running("1") })
    let line = try #require(
      await game.eventually { game -> String? in
        game.folder.read("logs/1.log").split(separator: "\n").map(String.init)
          .first { $0.contains("helper ") && !$0.contains("arguments") }
      })
    let processID = Int32(line.split(separator: " ").last ?? "")
    helper = processID
    #expect(processID.map(isAlive) == true)
  }
  let processID = try #require(helper)
  // Its parent is gone, so the system reaps it in its own time.
  #expect(await hasEnded(processID))
}

@Test func modelsThatEndOrNeverServeAreTriedAgainAndHarmNobody() async throws {
  let change: @Sendable (inout OrchestratorConfiguration) -> Void = {
    $0.runner.startTimeout = .milliseconds(300)
  }
  let missing =
    "- {id: 4, submission_id: none, crunch_id: game, desired_state: RUNNING,"
    + " command: \"x {port}\"}\n"
  try await withGame(model("1", "exit") + model("2", "deaf") + missing, change) { game in
    for (id, reason) in [
      ("1", "exited with code 3"), ("2", "not healthy within 300ms"), ("4", "there is no folder"),
    ] {
      let seen = await game.eventually { game -> Bool? in
        game.status(id)?.reason?.contains(reason) == true ? true : nil
      }
      #expect(seen == true, "model \(id)")
    }
    #expect(await game.eventually { ($0.status("1")?.startCount ?? 0) >= 2 ? true : nil } == true)
    await game.use { #expect($0.client.entries("update").isEmpty) }
  }
}

@Test func changesOfTheListAreFollowedAndBrokenOnesLeftAside() async throws {
  try await withGame(model("1") + model("2")) { game in
    let first = try #require(await game.eventually { $0.running("1") })
    _ = try #require(await game.eventually { $0.running("2") })
    try await game.use { try $0.folder.write("models: [", to: "models.yml") }
    let told = await game.eventually { game -> Bool? in
      game.log.contains("left aside", "models.yml:") ? true : nil
    }
    #expect(told == true)
    #expect(await game.use { $0.running("1") != nil && $0.running("2") != nil })
    try await game.use {
      let skipped = "- {id: 1, submission_id: s, crunch_id: game, desired_state: NONSENSE}\n"
      try $0.folder.write("models:\n" + skipped + model("3"), to: "models.yml")
    }
    _ = try #require(await game.eventually { $0.running("3") })
    #expect(
      await game.eventually { $0.running("2") == nil ? true : nil } == true, "it isn't listed")
    await game.use {
      #expect($0.running("1")?.processID == first.processID, "its entry was only broken")
    }
    try await game.use {
      try $0.folder.write("models:\n" + model("1", state: "STOPPED"), to: "models.yml")
    }
    #expect(await game.eventually { $0.status("1")?.phase == .stopped ? true : nil } == true)
    #expect(
      await game.eventually { game -> Bool? in
        game.client.entries("update").last { $0.hasPrefix("1 ") }?.contains("STOPPED")
      } == true)
  }
}

@Test func aReportedModelIsStoppedAndRunsAgainWhenItIsSwitchedOffAndOn() async throws {
  try await withGame(model("1")) { game in
    let first = try #require(await game.eventually { $0.running("1") })
    _ = try #require(await game.eventually { $0.client.texts.first })
    await game.use { $0.client.report("1", "BAD_IMPLEMENTATION") }
    let failed = await game.eventually { game -> String? in
      game.status("1")?.phase == .failed ? game.status("1")?.reason : nil
    }
    #expect(failed == "reported as BAD_IMPLEMENTATION: why")
    #expect(first.processID.map(isAlive) == false)
    for state in ["STOPPED", "RUNNING"] {
      try await game.use {
        try $0.folder.write("models:\n" + model("1", state: state), to: "models.yml")
      }
      #expect(await game.eventually { $0.status("1")?.phase != .failed ? true : nil } == true)
    }
    _ = try #require(await game.eventually { $0.running("1") })
  }
}

@Test func manyModelsWaitForTheirTurnAndAllOfThemRun() async throws {
  let change: @Sendable (inout OrchestratorConfiguration) -> Void = { $0.runner.startsMax = 2 }
  try await withGame((0..<6).map { model("m\($0)") }.joined(), change) { game in
    let end = await game.eventually { game -> String? in
      let phases = game.orchestrator.statuses.map(\.phase)
      if phases.count(where: { $0 == .checking }) > 2 { return "more than two start at once" }
      return phases.allSatisfy { $0 == .running } ? "all run" : nil
    }
    #expect(end == "all run")
    await game.use { #expect(Set($0.orchestrator.statuses.compactMap(\.processID)).count == 6) }
  }
}

@Test func anAddressInUseOrAListThatIsNotThereIsToldAndNothingIsLeft() async throws {
  let folder = try TestFolder()
  try await withLoop { thread in
    try await thread.run { loop in
      let loopback = try #require(SocketAddress(host: "127.0.0.1", port: 0))
      let holder = try TCPListener(on: loopback, loop: loop) { $0.close() }
      defer { holder.close() }
      let port = holder.address.port
      let configuration = try OrchestratorConfiguration.parse(
        "infrastructure: {publishers: [{type: websocket, port: 0},"
          + " {type: websocket, port: \(port)}]}\ncrunches: [{id: game}]",
        file: "\(folder.path)/orchestrator.yml", environment: [:])
      let make = { Orchestrator(configuration, environment: [:], on: loop, logger: silent) }
      #expect(throws: ConfigurationFault.self) { try make().start() }
      try folder.write("models: []", to: "models.yml")
      #expect(throws: EventLoopError.self) { try make().start() }
    }
  }
}
