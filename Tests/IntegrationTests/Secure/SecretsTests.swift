import Competition
import Foundation
import GatewayTestSupport
import JSON
import Testing

extension IntegrationTests {
  /// A whole secure game, and afterwards a look for its secrets wherever something was written.
  @Suite struct SecretsTests {
    @Test func noSecretIsInALogAFileACommandLineOrAChildsEnvironment() async throws {
      try await withStage { stage in
        let game = try await SecretGame.start(on: stage)
        try await game.play()
        try await game.expectClosedProcesses()
        try await game.misuseKeys()
        let gateway = try await game.callThroughAGateway()
        try await game.stop()

        var secrets = try game.secrets()
        try secrets.addKey(pemFile: gateway.key)
        try #require(!gateway.tokens.isEmpty)
        for token in gateway.tokens { secrets.add("a gateway's token", token) }
        try #require(secrets.needles.count > 90)
        #expect(try secrets.found(below: stage.folder, leaving: ["keys"]) == [])
        #expect(secrets.found(in: Data(game.seen.joined(separator: "\n").utf8), of: "/proc") == [])

        // What is looked for would be found, in a file as well.
        for needle in secrets.needles {
          let line = Data("a log line with ".utf8) + needle.bytes + Data(" in it".utf8)
          #expect(secrets.found(in: line, of: "a line").contains("\(needle.name) is in a line"))
        }
        try stage.write("tokens: \(gateway.tokens[0])", to: "logs/leak")
        #expect(
          try secrets.found(below: stage.folder, leaving: ["keys"])
            == ["a gateway's token is in logs/leak"])
      }
    }
  }
}

/// The programs of a secure game on one stage: two models behind fronts, one whose front is wrong,
/// and the coordinator.
private final class SecretGame {
  private static let models = ["a", "b"]
  private let stage: Stage
  private let keys: GameKeys
  private let database: GameDatabase
  private let orchestrator: Program
  private let worker: Program
  private let feedPort: UInt16
  /// Command lines, and the environments of processes that ours have started.
  private(set) var seen: [String] = []

  private init(
    _ stage: Stage, _ keys: GameKeys, _ database: GameDatabase, _ orchestrator: Program,
    _ worker: Program, _ feedPort: UInt16
  ) {
    self.stage = stage
    self.keys = keys
    self.database = database
    self.orchestrator = orchestrator
    self.worker = worker
    self.feedPort = feedPort
  }

  static func start(on stage: Stage) async throws -> SecretGame {
    let keys = try await GameKeys.make(models + ["wrong"], on: stage)
    // Its delegation is for another certificate: its front says so and ends.
    try FileManager.default.removeItem(atPath: "\(keys.folder)/model-wrong/delegation.json")
    try FileManager.default.copyItem(
      atPath: "\(keys.folder)/model-a/delegation.json",
      toPath: "\(keys.folder)/model-wrong/delegation.json")
    let database = try await GameDatabase.initialized(on: stage)
    try database.execute(
      """
      DELETE FROM prediction_configs;
      INSERT INTO prediction_configs VALUES ('CFG_A', 'BTC', 10, 2, 1, true, 1)
      """)
    let port = try FreePort.choose()
    let file = try write(keys, port, on: stage)
    // Its environment leads to the database, as on a machine that runs everything.
    let orchestrator = try await stage.start(
      [try BuiltProgram.modelOrchestrator.path, "--config", file, "--log-level", "trace"],
      variables: database.variables)
    let prices = try await stage.startPriceServer()
    let game = Game(
      orchestratorPort: port, pricesURL: prices,
      more: "tls: {dir: \"\(keys.folder)/coordinator\"}\nmetrics_file: \(stage.folder)/metrics.prom"
    )
    let worker = try await stage.startWorker(game, database, ["--log-level", "trace"])
    return SecretGame(stage, keys, database, orchestrator, worker, port)
  }

  /// Writes orchestrator.yml and models.yml; gives the former's path.
  private static func write(_ keys: GameKeys, _ port: UInt16, on stage: Stage) throws -> String {
    let updraft = try BuiltProgram.updraft.path
    try stage.write("", to: "storage/submissions/s/readme")
    try stage.write(
      "models:\n"
        + (models + ["wrong"]).map { id in
          """
          - {id: \(id), submission_id: s, crunch_id: \(Game.crunchID), desired_state: RUNNING,
             cruncher_wallet_pubkey: \(keys.wallet), cruncher_hotkey: \(GameKeys.hotkey),
             command: "\(updraft) fleet --models 1 --port {port} --no-orchestrator"}

          """
        }.joined(), to: "models.yml")
    return try stage.write(
      """
      infrastructure:
        publishers: [{type: websocket, port: \(port)}]
        runner:
          front:
            command: "\(updraft) tls-front --listen 127.0.0.1:{port} --to
              127.0.0.1:{model_port} --dir keys/model-{model_id}"
      watcher: {interval: 1}
      crunches: [{id: \(Game.crunchID)}]
      """, to: "orchestrator.yml")
  }

  /// Rounds of the worker and of `updraft call`.
  func play() async throws {
    try await stage.wait("rounds with both models are stored", within: .seconds(90)) {
      if let exit = await worker.exit { throw MissingPrerequisite("predict-worker \(exit)") }
      return try database.count("SELECT count(*) FROM updraft_rounds WHERE success = 2") >= 2
    }
    let call = try await stage.callModels(
      feedPort, ["--tls-dir", "\(keys.folder)/coordinator", "--rounds", "3"])
    #expect(try call.statuses == ["a": "SUCCESS", "b": "SUCCESS"], "\(call)")
    let log = stage.folder + "/logs/wrong.log"
    let wrong = try String(contentsOfFile: log, encoding: .utf8)
    #expect(wrong.contains("is for another key than the certificate's"), "\(wrong)")
    #expect(orchestrator.errors.contains("its front exited with code 78"))
  }

  /// Looks at the processes while they run: no core dumps, and no more than they need.
  func expectClosedProcesses() async throws {
    let children = ProcessTable.children(of: await orchestrator.processID)
    let fronts = children.filter { ProcessTable.commandLine(of: $0).contains("tls-front") }
    #expect(children.count >= 4 && fronts.count >= 2)
    let worker = await worker.processID
    for id in fronts + [worker] {
      // One that is just starting has not read its key yet.
      try await stage.wait("\(id) leaves no core dump") {
        ProcessTable.file("limits", of: id).contains(#/Max core file size +1 +1 /#)
          || ProcessTable.file("limits", of: id).isEmpty
      }
    }
    seen = (children + [worker, await orchestrator.processID]).map {
      ProcessTable.commandLine(of: $0)
    }
    let environments = children.map { ProcessTable.file("environ", of: $0) }
    #expect(environments.allSatisfy { !$0.contains("POSTGRES_") }, "\(environments)")
    seen += environments
  }

  /// Errors about keys, which must not quote them.
  func misuseKeys() async throws {
    let (folder, updraft) = (keys.folder, try BuiltProgram.updraft.path)
    let worker = try BuiltProgram.predictWorker.path
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o644], ofItemAtPath: "\(folder)/ca.key")
    let misuses = [
      [worker, "--check", "--gateway-key", "\(folder)/ca.key"],
      [worker, "--check", "--gateway-key", "\(folder)/wallet.json"],
      [worker, "--check", "--tls-dir", folder],
      [updraft, "keys", "cert", "--coordinator", "--ca", folder, "--dir", folder],
      [
        updraft, "keys", "delegate", "--wallet", "\(folder)/model-a/tls.key", "--cert",
        "\(folder)/wallet.json", "--hotkey", "x", "--out", "\(stage.folder)/x",
      ],
      [updraft, "keys", "inspect", "\(folder)/model-a", "\(folder)/wallet.json"],
      [updraft, "keys", "verify", "\(folder)/model-a", "\(folder)/wallet.json", "--model", "b"],
      [updraft, "doctor"],
    ]
    for words in misuses {
      let ended = try await stage.run(words, variables: database.variables)
      let mayPass = words.contains("inspect") || words.contains("doctor")
      #expect(mayPass || ended.code != 0, "\(words): \(ended)")
    }
  }

  /// A call with tokens; gives the key's file, and what the gateway got.
  func callThroughAGateway() async throws -> (key: String, tokens: [Substring]) {
    let certificates = try ScratchCertificates()
    _ = try certificates.issue("coordinator", key: .rsa)
    let models = try await DelegatedModels.start(["gateway"], in: certificates, on: stage)
    let key = try stage.copy(certificates.folder + "/coordinator/tls.key", to: "keys/gateway.key")
    try await DelegatedModels.announce(models.descriptions) { port, _ in
      let ended = try await stage.callModels(
        port, ["--gateway-key", key, "--ca", certificates.folder + "/ca.crt", "--rounds", "2"])
      #expect(try ended.statuses == ["gateway": "SUCCESS"], "\(ended)")
    }
    let tokens = try String(
      contentsOfFile: certificates.folder + "/model-gateway/tokens", encoding: .utf8)
    // A token is used again until it is renewed.
    return (key, Set(tokens.split(separator: "\n")).sorted())
  }

  /// Ends the worker and the orchestrator, whose last words count as well.
  func stop() async throws {
    for program in [worker, orchestrator] {
      await program.signal(SIGTERM)
      let ended = try await stage.end(of: program, within: .seconds(30))
      #expect(ended.code == 0, "\(ended)")
    }
  }

  /// What the game's files hold that nobody else may know.
  func secrets() throws -> Secrets {
    var secrets = Secrets()
    for name in ["ca.key", "coordinator/tls.key"] + Self.models.map({ "model-\($0)/tls.key" }) {
      try secrets.addKey(pemFile: "\(keys.folder)/\(name)")
    }
    try secrets.addWallet(file: "\(keys.folder)/wallet.json")
    secrets.add("the database's password", try #require(database.configuration.password))
    return secrets
  }
}
