import Competition
import Foundation
import GatewayTestSupport
import Testing

extension IntegrationTests {
  /// `predict-worker` and `updraft call` among grpcio's models whose TLS or delegation is wrong.
  @Suite struct SecureWorkerTests {
    /// What is said of each fault of a certificate.
    private static let certificates: KeyValuePairs = [
      "tls-authority": "was issued by CN=Scratch other",
      "tls-host": "not for model-node-tls-host.crunchdao.internal",
      "tls-past": "certificate has expired: CN=model-tls-past",
      "tls-future": "not valid yet: CN=model-tls-future",
      "tls-strict": "a client's certificate (ours: CN=coordinator",
    ]
    /// What is said of each fault of a delegation.
    private static let delegations: KeyValuePairs = [
      "missing": "carries no x-server-auth-message",
      "no-base64": "x-server-auth-message is no base64 text",
      "foreign-wallet": "the delegation is signed by wallet",
      "foreign-key": "the delegation is for TLS key", "expired": "the delegation ended at",
    ]
    private static let good = (1...8).map { "good-\($0)" }

    /// Starts all models and runs `body` with them, their feed and the coordinator's folder.
    private func gather(
      on stage: Stage,
      _ body: (DelegatedModels, SimulatedOrchestrator, String) async throws -> Void
    ) async throws {
      let certificates = try ScratchCertificates()
      _ = try certificates.issue("coordinator", key: .rsa)
      let kinds = Self.good + Self.certificates.map(\.key) + Self.delegations.map(\.key)
      let models = try await DelegatedModels.start(kinds, in: certificates, on: stage)
      try await DelegatedModels.announce(models.descriptions) { _, feed in
        try await body(models, feed, certificates.folder + "/coordinator")
      }
    }

    /// A model that TLS refused was asked nothing; one that proved nothing was set up only.
    private func expectNothingAsked(_ models: DelegatedModels) {
      for (id, _) in Self.certificates { #expect(models.calls(of: id).isEmpty, "\(id)") }
      for (id, _) in Self.delegations { #expect(models.calls(of: id) == ["Setup"], "\(id)") }
    }

    @Test func aWorkersRoundsGoOnWithTheGoodModelsAndEachOtherIsReportedByItsFault() async throws {
      try await withStage { stage in
        let database = try await GameDatabase.initialized(on: stage)
        try database.execute(
          """
          DELETE FROM prediction_configs;
          INSERT INTO prediction_configs VALUES ('CFG_A', 'BTC', 10, 2, 5, true, 1)
          """)
        let prices = try await stage.startPriceServer()
        try await gather(on: stage) { models, feed, coordinator in
          let game = Game(
            orchestratorPort: feed.port, pricesURL: prices, predict: ", panic_share: 0.9",
            more: "tls: {dir: \"\(coordinator)\"}\nmetrics_file: \(stage.folder)/metrics.prom")
          let worker = try await stage.startWorker(game, database)
          let faults = Array(Self.certificates) + Array(Self.delegations)
          // A certificate is tried five times, which takes half a minute.
          try await stage.wait("every faulty model is reported", within: .seconds(120)) {
            feed.reports.count >= faults.count
          }
          let reports = feed.reports
          #expect(reports.allSatisfy { $0.code == .connectionFailed })
          #expect(reports.count == faults.count)
          for (id, text) in faults {
            let reason = reports.first { $0.modelID == ModelID(id) }?.reason ?? "no report"
            #expect(reason.contains(text), "\(id): \(reason)")
          }
          expectNothingAsked(models)
          let limits = ProcessTable.file("limits", of: await worker.processID)
          #expect(limits.contains(#/Max core file size +1 +1 /#))
          await worker.signal(SIGTERM)
          let ended = try await stage.end(of: worker)
          #expect(ended.code == 0, "\(ended)")
        }
        #expect(
          try database.rows("SELECT DISTINCT model_id FROM predictions ORDER BY 1") == Self.good)
        #expect(try database.count("SELECT count(*) FROM updraft_rounds WHERE timeout > 0") == 0)
        let metrics = try String(contentsOfFile: "\(stage.folder)/metrics.prom", encoding: .utf8)
        #expect(metrics.contains(#/updraft_secure_models_connected\{.*\} 8\n/#))
        #expect(metrics.contains(#/updraft_identity_refusals_total\{.*by="delegation".*\} 1\n/#))
      }
    }

    @Test func aCallNamesEachFaultAtOnceAndAsksTheGoodModels() async throws {
      try await withStage { stage in
        try await gather(on: stage) { models, feed, coordinator in
          let ended = try await stage.run([
            try BuiltProgram.updraft.path, "call", "predict", "BTC", "--crunch", Game.crunchID,
            "--orchestrator", "127.0.0.1:\(feed.port)", "--results", "--tls-dir", coordinator,
          ])
          let answers = ended.outputLines.filter { $0.contains("SUCCESS") }
          #expect(answers.count == Self.good.count, "\(ended)")
          #expect(Self.good.allSatisfy { id in answers.contains { $0.contains(id) } }, "\(ended)")
          for (id, text) in Self.certificates {
            #expect(
              ended.errorLines.contains { $0.contains(id) && $0.contains(text) },
              "\(id): \(ended.errors)")
          }
          expectNothingAsked(models)
        }
      }
    }
  }
}
