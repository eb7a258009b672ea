import Competition
import Foundation
import GatewayTestSupport
import JSON
import Testing

extension IntegrationTests {
  /// `updraft tls-front` between grpcio's plain servers and both clients.
  @Suite struct TLSFrontTests {
    /// Starts a front of the model `plain`.
    ///
    /// - Returns: The program, and the model as an orchestrator would announce it.
    private func startFront(
      before model: ModelDescription, _ keys: GameKeys, listen: String = "127.0.0.1:0",
      on stage: Stage
    ) async throws -> (Program, ModelDescription) {
      let front = try await stage.start([
        try BuiltProgram.updraft.path, "tls-front", "--listen", listen, "--to",
        "127.0.0.1:\(model.port)", "--dir", "\(keys.folder)/model-plain",
      ])
      let port = try await stage.eventually("the front listens") {
        front.errors.firstMatch(of: /127\.0\.0\.1:(\d+) serves/)?.output.1
      }
      let announced = ModelDescription(
        modelID: ModelID("plain"), deploymentID: "1",
        infos: ModelInfos(cruncherWalletPublicKey: keys.wallet, cruncherHotkey: GameKeys.hotkey),
        host: "127.0.0.1", port: try #require(UInt16(port)))
      return (front, announced)
    }

    @Test func aPlainModelBehindAFrontIsAcceptedByOurClientAndByPips() async throws {
      let certificates = try ScratchCertificates()
      try await withStage { stage in
        let keys = try await GameKeys.make(["plain"], on: stage)
        let folder = keys.folder
        let models = try await DelegatedModels.start(["plain"], in: certificates, on: stage)
        let (front, model) = try await startFront(before: models.descriptions[0], keys, on: stage)
        let limits = ProcessTable.file("limits", of: await front.processID)
        #expect(limits.contains(#/Max core file size +1 +1 /#))
        try await DelegatedModels.announce([model]) { feedPort, feed in
          let argument = try stage.write(
            "\"" + String(repeating: "y", count: 4_000_000) + "\"", to: "large.json")
          let tls = ["--tls-dir", "\(folder)/coordinator"]
          let ours = try await stage.callModels(feedPort, tls + ["@\(argument)", "--rounds", "3"])
          #expect(try ours.statuses == ["plain": "SUCCESS"], "\(ours) \(front.errors)")
          let python = try await PythonEnvironment.client.program("python")
          let theirs = try await stage.run(
            [
              python, RepositoryFile.path("Tests/Python/client_call.py"), "predict", "BTC",
              "--orchestrator", "127.0.0.1:\(feedPort)", "--crunch", Game.crunchID,
              "--timeout", "20", "--results",
            ] + tls)
          #expect(try theirs.statuses == ["plain": "SUCCESS"], "\(theirs) \(front.errors)")
          let plain = try await stage.callModels(feedPort, ["--no-report"])
          #expect(try plain.statuses == [:], "\(plain)")
          #expect(feed.reports.isEmpty)
        }
        await front.signal(SIGTERM)
        let ended = try await stage.end(of: front)
        #expect(ended.code == 0, "\(ended)")
      }
    }

    @Test func aRenewedKeyWithItsDelegationIsReconnectedToAndNobodyIsReported() async throws {
      let certificates = try ScratchCertificates()
      try await withStage { stage in
        let keys = try await GameKeys.make(["plain"], on: stage)
        let models = try await DelegatedModels.start(["plain"], in: certificates, on: stage)
        let place = "127.0.0.1:\(try FreePort.choose())"
        let (front, model) = try await startFront(
          before: models.descriptions[0], keys, listen: place, on: stage)
        try await DelegatedModels.announce([model]) { feedPort, feed in
          let call = try await stage.start([
            try BuiltProgram.updraft.path, "call", "predict", "BTC", "--crunch", Game.crunchID,
            "--orchestrator", "127.0.0.1:\(feedPort)", "--json", "--results", "--rounds", "50",
            "--interval", "0.5", "--tls-dir", "\(keys.folder)/coordinator",
          ])
          try await stage.wait("it is called") { models.calls(of: "plain").count > 2 }
          try await keys.renew("plain")
          await front.signal(SIGTERM)
          _ = try await stage.end(of: front)
          _ = try await startFront(
            before: models.descriptions[0], keys, listen: place, on: stage)
          let ended = try await stage.end(of: call)
          #expect(ended.code == 0, "\(ended)")
          let last = try JSONValue.parse(text: ended.outputLines.suffix(2).first ?? "")
          #expect(last["success"]?.intValue == 1, "\(ended)")
          #expect(try ended.summary["delegation_checks"]?.intValue == 2, "one for each key")
          #expect(models.calls(of: "plain").count { $0 == "Setup" } == 2)
          #expect(feed.reports.isEmpty, "\(feed.reports)")
        }
      }
    }

    @Test func aDelegationForAnotherKeyIsRefusedAtTheStart() async throws {
      try await withStage { stage in
        let folder = try await GameKeys.make(["plain"], on: stage).folder
        let ended = try await stage.run([
          try BuiltProgram.updraft.path, "tls-front", "--listen", "127.0.0.1:0", "--to",
          "127.0.0.1:9", "--dir", "\(folder)/coordinator", "--delegation",
          "\(folder)/model-plain/delegation.json",
        ])
        #expect(ended.code == 78, "\(ended)")
        #expect(ended.errors.contains("is for another key than the certificate's"), "\(ended)")
      }
    }
  }
}
