import Competition
import Foundation
import JSON
import ModelRunner
import Testing

extension IntegrationTests {
  /// `model-orchestrator` with the example's three participants.
  @Suite struct OrchestratorProgramTests {
    @Test func theExampleIsServedRepairedAndStoppedWithoutATrace() async throws {
      try await withStage { stage in
        let port = try FreePort.choose()
        let program = try await startExample(port, on: stage)
        var options = ClusterOptions(
          crunchID: "tracker-game", baseClass: Game.baseClass, logger: .silent)
        options.orchestratorHost = "127.0.0.1"
        options.orchestratorPort = port
        let cluster = try await ModelCluster.start(options)
        let outcome: Result<Void, any Error>
        do {
          outcome = .success(try await follow(program, cluster, port, on: stage))
        } catch {
          outcome = .failure(error)
        }
        #expect(await cluster.stop() == 0, "the cluster left handles open")
        try outcome.get()
      }
    }

    /// A copy of the example on a port of its own.
    private func startExample(_ port: UInt16, on stage: Stage) async throws -> Program {
      let folder = try stage.copy(RepositoryFile.path("examples/tracker-game"), to: "example")
      let file = "\(folder)/orchestrator.yml"
      let text = try String(contentsOfFile: file, encoding: .utf8)
      try #require(text.contains("port: 9091"))
      try text.replacing("port: 9091", with: "port: \(port)")
        .replacing("127.0.0.1:8001", with: "127.0.0.1:0")
        .write(toFile: file, atomically: true, encoding: .utf8)
      return try await stage.start([try BuiltProgram.modelOrchestrator.path, "--config", file])
    }

    private func follow(
      _ program: Program, _ cluster: ModelCluster, _ port: UInt16, on stage: Stage
    ) async throws {
      // The first time the models' environment is made, which pip takes minutes for.
      try await stage.wait("all three models are connected", within: .seconds(600)) {
        if let exit = await program.exit { throw MissingPrerequisite("\(exit)\n\(program.errors)") }
        return await cluster.models().count == 3
      }
      try await expectThreeAnswers(port, on: stage)

      let id = await program.processID
      let children = ProcessTable.children(of: id)
      #expect(children.count == 3)
      let before = try #require(await gaussian(in: cluster))
      let victim = try #require(
        children.first { ProcessTable.commandLine(of: $0).contains("models/gaussian") })
      #expect(kill(victim, SIGKILL) == 0)
      try await stage.wait("the killed model runs again") {
        guard let now = await gaussian(in: cluster) else { return false }
        return now.connection != before.connection
      }
      #expect(ProcessTable.children(of: id).count == 3)
      #expect(!ProcessTable.children(of: id).contains(victim))
      try await expectThreeAnswers(port, on: stage)

      let all = Set(children + ProcessTable.children(of: id))
      await program.signal(SIGTERM)
      let ended = try await stage.end(of: program, within: .seconds(15))
      #expect(ended.exit.isSuccess, "\(ended)")
      let left = all.filter { kill($0, 0) == 0 }
      #expect(left.isEmpty, "no model is left behind")
      #expect(!FreePort.isListening(port))
    }

    private func gaussian(in cluster: ModelCluster) async -> ConnectedModel? {
      await cluster.models().first { $0.description.infos.modelName == "gaussian" }
    }

    /// pip's client calls the three models.
    private func expectThreeAnswers(_ port: UInt16, on stage: Stage) async throws {
      let python = try await PythonEnvironment.client.program("python")
      let ended = try await stage.run([
        python, RepositoryFile.path("Tests/Python/client_call.py"), "tick",
        #"j:{"BTC": [[1000, 1.5], [1001, 1.6]]}"#, "--orchestrator", "127.0.0.1:\(port)",
        "--crunch",
        "tracker-game", "--base-class", Game.baseClass, "--values",
      ])
      try #require(ended.exit.isSuccess, "\(ended)")
      let round = try JSONValue.parse(text: ended.outputLines.first ?? "")
      let results = round["results"]?.arrayValue ?? []
      #expect(results.map { $0["status"] } == ["SUCCESS", "SUCCESS", "SUCCESS"], "\(ended)")
      let summary = try JSONValue.parse(text: ended.outputLines.last ?? "")
      #expect(summary["connected"]?.intValue == 3)
      #expect(summary["reports"] == [])
    }
  }
}
