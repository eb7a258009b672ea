import Competition
import Foundation
import GatewayTestSupport
import JSON
import Testing

extension IntegrationTests {
  /// Secure mode end to end: our programs, grpcio's models, signatures by the package cryptography.
  @Suite struct DelegationFaultTests {
    /// What each faulty delegation's report must say.
    private static let faults: KeyValuePairs = [
      "missing": "carries no x-server-auth-message",
      "no-base64": "x-server-auth-message is no base64 text",
      "foreign-wallet": "the delegation is signed by wallet",
      "bad-signature": "the signature isn't wallet", "no-json": "the signed message is no JSON",
      "foreign-key": "the delegation is for TLS key",
      "foreign-model": "is for model \"another\", expected \"foreign-model\"",
      "foreign-hotkey": "is for hotkey \"5Another\", expected \"5Hotkey\"",
      "expired": "the delegation ended at",
    ]

    @Test func eachFaultIsReportedWithItsOwnTextBeforeAnyCallAndTheOthersGoOn() async throws {
      let certificates = try ScratchCertificates()
      _ = try certificates.issue("coordinator", key: .rsa)
      let coordinator = certificates.folder + "/coordinator"
      try await withStage { stage in
        let kinds = ["good", "soon"] + Self.faults.map(\.key)
        let models = try await DelegatedModels.start(kinds, in: certificates, on: stage)
        try await DelegatedModels.announce(models.descriptions) { port, feed in
          let ended = try await stage.callModels(port, ["--tls-dir", coordinator])
          #expect(ended.code == 0, "\(ended)")
          #expect(try ended.statuses == ["good": "SUCCESS", "soon": "SUCCESS"], "\(ended)")
          let reports = feed.reports
          #expect(reports.allSatisfy { $0.code == .connectionFailed })
          for (id, text) in Self.faults {
            let reason = reports.first { $0.modelID == ModelID(id) }?.reason ?? "no report"
            #expect(reason.contains(text), "\(id): \(reason)")
            #expect(models.calls(of: id) == ["Setup"])
          }
          #expect(reports.count == Self.faults.count)
          #expect(models.calls(of: "good") == ["Setup", "Call"])
          #expect(ended.errors.contains("model soon: the delegation ends at"), "\(ended)")
          let key = try String(contentsOfFile: coordinator + "/tls.key", encoding: .utf8)
          for line in key.split(separator: "\n").dropFirst().dropLast() {
            #expect(!ended.errors.contains(line) && !ended.output.contains(line))
          }
        }
      }
    }

    @Test func aSteadyRoundChecksNoSignatureAndADelegationsEndClosesTheModel() async throws {
      let certificates = try ScratchCertificates()
      _ = try certificates.issue("coordinator")
      try await withStage { stage in
        let models = try await DelegatedModels.start(
          ["good", "moment"], in: certificates, on: stage)
        try await DelegatedModels.announce(models.descriptions) { port, feed in
          let ended = try await stage.callModels(
            port,
            [
              "--tls-dir", certificates.folder + "/coordinator", "--rounds", "15", "--interval",
              "1",
            ]
          )
          #expect(try ended.statuses == ["good": "SUCCESS", "moment": "SUCCESS"], "\(ended)")
          #expect(models.calls(of: "good").count == 16)
          #expect(models.calls(of: "moment").count < 16)
          #expect(feed.reports.map(\.modelID.rawValue) == ["moment"])
          #expect(feed.reports.first?.reason?.contains("the delegation ended at") == true)
          // One each when they connect, one more when the moment has passed.
          #expect(try ended.summary["delegation_checks"]?.intValue ?? 99 <= 3)
        }
      }
    }

    @Test func aGatewayGetsAValidTokenWithEveryCall() async throws {
      let certificates = try ScratchCertificates()
      _ = try certificates.issue("coordinator", key: .rsa)
      try await withStage { stage in
        let models = try await DelegatedModels.start(["gateway"], in: certificates, on: stage)
        try await DelegatedModels.announce(models.descriptions) { port, _ in
          let ended = try await stage.callModels(
            port,
            [
              "--gateway-key", certificates.folder + "/coordinator/tls.key", "--ca",
              certificates.folder + "/ca.crt", "--rounds", "2",
            ])
          #expect(try ended.statuses == ["gateway": "SUCCESS"], "\(ended)")
          #expect(models.calls(of: "gateway") == ["Setup", "Call", "Call"])
        }
      }
    }

    @Test func filesThatCannotBeUsedAreNamedBeforeAnythingIsConnected() async throws {
      let certificates = try ScratchCertificates()
      _ = try certificates.issue("mixed", key: .rsa)
      _ = try certificates.issue("other", key: .rsa)
      _ = try certificates.issue("short", validity: .short)
      let folder = certificates.folder
      try certificates.run("cp other/tls.key mixed/tls.key; chmod 644 other/tls.key")
      try await withStage { stage in
        let worker = try BuiltProgram.predictWorker.path
        let mixed = try await stage.run([worker, "--check", "--tls-dir", "\(folder)/mixed"])
        #expect(mixed.code == 1 && mixed.output.contains("is not the key of"), "\(mixed)")
        let open = try await stage.run([
          worker, "--check", "--gateway-key", "\(folder)/other/tls.key",
        ])
        #expect(open.output.contains("chmod 600"), "\(open)")
        let short = try await stage.run([worker, "--check", "--tls-dir", "\(folder)/short"])
        #expect(short.output.contains("warning  identity"), "\(short)")
        let both = try await stage.run([
          worker, "--check", "--tls-dir", folder, "--gateway-key", "\(folder)/mixed/tls.key",
        ])
        #expect(both.code == 78 && both.errors.contains("choose one of the two modes"), "\(both)")
      }
    }
  }
}
