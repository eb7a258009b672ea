import Competition
import GatewayTestSupport
import JSON
import Logging
import ModelRunner
import Synchronization
import Testing

extension IntegrationTests {
  /// Our mutual TLS against grpcio's.
  @Suite struct SecureModelsTests {
    /// Accepts every model and remembers what it showed.
    private final class Witness: PeerVerification {
      let metadataNames = ["x-server-auth-message"]
      let seen = Mutex<[ModelID: PeerEvidence]>([:])

      func verify(
        _ model: ModelDescription, _ evidence: PeerEvidence, at now: UTCTime
      ) -> PeerVerdict {
        seen.withLock { $0[model.modelID] = evidence }
        return .accepted(until: nil)
      }
    }

    /// Starts grpcio's servers for the folders by model id; gives the models in order.
    private func models(_ folders: KeyValuePairs<String, String>, on stage: Stage)
      async throws -> [ModelDescription]
    {
      let python = try await PythonEnvironment.client.program("python")
      let script = RepositoryFile.path("Tests/IntegrationTests/Scripts/secure_models.py")
      let program = try await stage.start(
        [python, script] + folders.map { "\($0.key)=\($0.value)" })
      let lines = try await stage.eventually("grpcio listens") {
        let lines = program.output.split(separator: "\n")
        return lines.count == folders.count ? lines : nil
      }
      return try lines.map { line in
        let words = line.split(separator: " ")
        return ModelDescription(
          modelID: ModelID(String(words[0])), deploymentID: "1", infos: ModelInfos(),
          host: "127.0.0.1", port: try #require(UInt16(words[1])))
      }
    }

    @Test func grpciosModelsAreCalledOverMutualTLSAndRefusalsAreTold() async throws {
      let certificates = try ScratchCertificates()
      _ = try certificates.issue("coordinator", key: .rsa)
      _ = try certificates.issueModel("rsa", key: .rsa)
      _ = try certificates.issueModel("ec")
      _ = try certificates.issueModel("foreign", by: "other")
      _ = try certificates.issue(
        "strict", names: ["model-node-strict.crunchdao.internal"], trusts: "other")
      let folder = certificates.folder
      try await withStage { stage in
        let models = try await models(
          [
            "ec": "\(folder)/model-ec", "foreign": "\(folder)/model-foreign",
            "rsa": "\(folder)/model-rsa", "strict": "\(folder)/strict",
          ], on: stage)
        let witness = Witness()
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let orchestrator = try await SimulatedOrchestrator.start(
          crunchID: "game", models: models, logger: logger)
        var options = ClusterOptions(crunchID: "game", baseClass: "game.Base", logger: logger)
        options.orchestratorHost = "127.0.0.1"
        options.orchestratorPort = orchestrator.port
        options.security = .mutualTLS(
          try MutualTLS(directory: folder + "/coordinator", verification: witness))
        let cluster = try await ModelCluster.start(options)
        #expect(await cluster.waitForModels(atMost: .seconds(30)))
        let large = CallArgument(.string(String(repeating: "y", count: 4_000_000)))
        let round = try await cluster.call("predict", [large], timeout: .seconds(30))
        #expect(round.results.map(\.model.modelID.rawValue) == ["ec", "rsa"])
        for result in round.results {
          #expect(result.status == .success, "\(result.detail ?? "")")
          let text = try #require(result.value?.bytes.lossyText)
          let value = try JSONValue.parse(text: text, depthMax: 8)
          #expect(value[0] == "coordinator" && text.utf8.count > 200_000)
        }
        #expect(witness.seen.withLock { Set($0.keys.map(\.rawValue)) } == ["ec", "rsa"])
        #expect(
          witness.seen.withLock { $0[ModelID("rsa")]?.metadata } == [
            "x-server-auth-message": "good"
          ])
        var reasons: [ModelID: String] = [:]
        for await event in cluster.events {
          if case .modelNotReady(let model, let reason, _) = event {
            reasons[model.modelID] = reasons[model.modelID] ?? reason
          }
          if reasons.count == 2 { break }
        }
        #expect(reasons[ModelID("foreign")]?.contains("was issued by CN=Scratch other") == true)
        #expect(
          reasons[ModelID("strict")]?.contains("a client's certificate (ours: CN=coordinator")
            == true,
          "\(reasons)")
        #expect(await cluster.stop() == 0)
        #expect(await orchestrator.stop() == 0)
      }
    }
  }
}
