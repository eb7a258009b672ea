import Competition
import Foundation
import GatewayTestSupport
import JSON
import Testing

extension IntegrationTests {
  /// `updraft tls-front` between grpcio's plain servers and both clients.
  @Suite struct TLSFrontTests {
    private func keys(_ words: String..., on stage: Stage) async throws {
      let ended = try await stage.run([try BuiltProgram.updraft.path, "keys"] + words)
      try #require(ended.code == 0, "\(ended)")
    }

    /// Makes an authority, the coordinator's files and a model's, and gives their folder and the
    /// wallet.
    private func makeKeys(on stage: Stage) async throws -> (folder: String, wallet: String) {
      let folder = stage.folder + "/keys"
      for name in ["", "/coordinator", "/model"] {
        try FileManager.default.createDirectory(
          atPath: folder + name, withIntermediateDirectories: true)
      }
      try await keys("ca", "--dir", folder, on: stage)
      for (who, place) in [(["--coordinator"], "coordinator"), (["--model", "plain"], "model")] {
        let ended = try await stage.run(
          [try BuiltProgram.updraft.path, "keys", "cert", "--ca", folder, "--dir"]
            + ["\(folder)/\(place)"] + who)
        try #require(ended.code == 0, "\(ended)")
      }
      try await keys("wallet", "--out", "\(folder)/wallet.json", on: stage)
      try await keys(
        "delegate", "--wallet", "\(folder)/wallet.json", "--cert", "\(folder)/model/tls.crt",
        "--hotkey", "5Hotkey", "--model", "plain", "--out", "\(folder)/model/delegation.json",
        on: stage)
      let delegation = try JSONValue.parse(
        text: String(contentsOfFile: "\(folder)/model/delegation.json", encoding: .utf8))
      return (folder, try #require(delegation["wallet_pubkey_b58"]?.stringValue))
    }

    @Test func aPlainModelBehindAFrontIsAcceptedByOurClientAndByPips() async throws {
      let certificates = try ScratchCertificates()
      try await withStage { stage in
        let (folder, wallet) = try await makeKeys(on: stage)
        let models = try await DelegatedModels.start(["plain"], in: certificates, on: stage)
        let front = try await stage.start([
          try BuiltProgram.updraft.path, "tls-front", "--listen", "127.0.0.1:0", "--to",
          "127.0.0.1:\(models.descriptions[0].port)", "--dir", "\(folder)/model",
        ])
        let port = try await stage.eventually("the front listens") {
          front.errors.firstMatch(of: /127\.0\.0\.1:(\d+) serves/)?.output.1
        }
        let limits = try String(
          contentsOfFile: "/proc/\(await front.processID)/limits", encoding: .utf8)
        #expect(limits.contains(#/Max core file size +1 +1 /#))
        let model = ModelDescription(
          modelID: ModelID("plain"), deploymentID: "1",
          infos: ModelInfos(cruncherWalletPublicKey: wallet, cruncherHotkey: "5Hotkey"),
          host: "127.0.0.1", port: try #require(UInt16(port)))
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
        let secret = try String(contentsOfFile: "\(folder)/model/tls.key", encoding: .utf8)
        for line in secret.split(separator: "\n").dropFirst().dropLast() {
          #expect(!ended.errors.contains(line))
        }
      }
    }

    @Test func aDelegationForAnotherKeyIsRefusedAtTheStart() async throws {
      try await withStage { stage in
        let (folder, _) = try await makeKeys(on: stage)
        let ended = try await stage.run([
          try BuiltProgram.updraft.path, "tls-front", "--listen", "127.0.0.1:0", "--to",
          "127.0.0.1:9", "--dir", "\(folder)/coordinator", "--delegation",
          "\(folder)/model/delegation.json",
        ])
        #expect(ended.code == 78, "\(ended)")
        #expect(ended.errors.contains("is for another key than the certificate's"), "\(ended)")
      }
    }
  }
}
