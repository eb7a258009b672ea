import Competition
import GatewayTestSupport
import JSON
import Testing

/// grpcio's models with delegations that other people's tools have made.
struct DelegatedModels {
  let program: Program
  /// In the order in which they were asked for.
  let descriptions: [ModelDescription]

  /// Starts a model for each kind of `delegated_models.py`; its id is the kind's name. Kinds that
  /// begin with `tls-` are good ones behind a certificate with a fault.
  static func start(
    _ kinds: [String], in certificates: ScratchCertificates, on stage: Stage
  ) async throws -> DelegatedModels {
    let words = try kinds.map { kind in
      try issue(kind, certificates)
      return "\(kind)=\(certificates.folder)/model-\(kind)=\(kind)"
    }
    let python = try await PythonEnvironment.client.program("python")
    let script = RepositoryFile.path("Tests/IntegrationTests/Scripts/delegated_models.py")
    let program = try await stage.start([python, script] + words)
    let lines = try await stage.eventually("grpcio listens") {
      let lines = program.output.split(separator: "\n")
      return lines.count == kinds.count ? lines.map(String.init) : nil
    }
    let descriptions = try lines.map { line in
      let value = try JSONValue.parse(text: line)
      let id = try #require(value["id"]?.stringValue)
      return ModelDescription(
        modelID: ModelID(id), deploymentID: "1",
        infos: ModelInfos(
          cruncherWalletPublicKey: value["wallet"]?.stringValue,
          cruncherHotkey: value["hotkey"]?.stringValue),
        host: id == "gateway" ? "localhost" : "127.0.0.1",
        port: UInt16(try #require(value["port"]?.intValue)))
    }
    return DelegatedModels(program: program, descriptions: descriptions)
  }

  private static func issue(_ kind: String, _ certificates: ScratchCertificates) throws {
    let name = "model-\(kind)"
    let host = "model-node-\(kind).crunchdao.internal"
    switch kind {
    case "gateway": _ = try certificates.issue(name, names: ["localhost"], key: .rsa)
    case "tls-authority": _ = try certificates.issueModel(kind, by: "other", key: .rsa)
    case "tls-host":
      _ = try certificates.issue(
        name, names: ["model-node-else.crunchdao.internal"], key: .rsa)
    case "tls-past": _ = try certificates.issueModel(kind, validity: .past, key: .rsa)
    case "tls-future": _ = try certificates.issueModel(kind, validity: .future, key: .rsa)
    case "tls-strict":
      _ = try certificates.issue(name, names: [host], trusts: "other", key: .rsa)
    default: _ = try certificates.issueModel(kind, key: .rsa)
    }
  }

  /// The methods that a model was asked, in order.
  func calls(of id: String) -> [String] {
    program.output.split(separator: "\n").filter { $0.hasPrefix("\(id) ") }
      .map { String($0.dropFirst(id.count + 1)) }
  }

  /// Announces models and runs `body` with the feed's port and the feed.
  static func announce(
    _ models: [ModelDescription], _ body: (UInt16, SimulatedOrchestrator) async throws -> Void
  ) async throws {
    let feed = try await SimulatedOrchestrator.start(
      crunchID: Game.crunchID, models: models, logger: .silent)
    let outcome: Result<Void, any Error>
    do {
      outcome = .success(try await body(feed.port, feed))
    } catch {
      outcome = .failure(error)
    }
    #expect(await feed.stop() == 0, "the feed left handles open")
    try outcome.get()
  }
}

extension Stage {
  /// Runs `updraft call predict` on what the feed announces.
  func callModels(_ port: UInt16, _ options: [String]) async throws -> Ended {
    try await run(
      [
        try BuiltProgram.updraft.path, "call", "predict", "BTC", "--crunch", Game.crunchID,
        "--orchestrator", "127.0.0.1:\(port)", "--json", "--results", "--timeout", "20",
      ] + options)
  }
}

extension Ended {
  /// The statuses of the first round's results, by model.
  var statuses: [String: String] {
    get throws {
      let round = try JSONValue.parse(text: try #require(outputLines.first, "\(self)"))
      let results = round["results"]?.arrayValue ?? []
      return Dictionary(
        uniqueKeysWithValues: results.map {
          ($0["model_id"]?.stringValue ?? "", $0["status"]?.stringValue ?? "")
        })
    }
  }

  /// The line of the summary.
  var summary: JSONValue {
    get throws { try JSONValue.parse(text: try #require(outputLines.last, "\(self)")) }
  }
}
