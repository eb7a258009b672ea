import Foundation
import ServiceRuntime
import Storage
import Testing

@testable import Updraft

/// The files that the demo makes of the example.
struct DemoGameTests {
  private static var example: String {
    let file = URL(fileURLWithPath: #filePath)
    return file.deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("examples/tracker-game").path
  }

  @Test func theExampleIsCopiedWithTheDemosOwnPortsAndModels() throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("demo-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let game = DemoGame(example: Self.example, folder: "\(folder)/game", simulatedCount: 12)
    try game.write(logs: "\(folder)/logs")
    let orchestrator = try text("\(folder)/game/orchestrator.yml")
    #expect(orchestrator.contains("port: 0\n"))
    #expect(orchestrator.contains("\n  interval: 0.5\n"))
    #expect(orchestrator.contains("ping-interval: 20\n"))

    var database = DatabaseConfiguration()
    database.host = "/tmp/socket"
    let report = DemoReport()
    let path = try game.writeConfiguration(
      orchestratorPort: "4711", pricesURL: "http://127.0.0.1:4712/v1/prices", database: database,
      report: report)
    let settings = try text(path)
    #expect(settings.contains("port: 4711"))
    #expect(settings.contains("url: http://127.0.0.1:4712/v1/prices"))
    #expect(settings.contains("database:\n  host: \"/tmp/socket\""))
    #expect(settings.contains("listen: [\"127.0.0.1:\(report.port)\"]"))
    #expect(report.port > 0 && report.port != report.pagesPort)

    #expect(game.simulatedIDs.first == "sim-01")
    #expect(game.leavingID == "sim-12")
    // The example's own model that waits to be started.
    #expect(try stopped(folder) == ["- id: \"4\""])
    try game.writeModels(leaving: true)
    #expect(try stopped(folder) == ["- id: \"4\"", "- id: \"sim-12\""])
  }

  @Test func aSecureGameNamesEachOwnerAndPutsAFrontBeforeEveryModel() throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("demo-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var game = DemoGame(example: Self.example, folder: "\(folder)/game", simulatedCount: 1)
    #expect(game.processCount == game.modelCount)
    let keys = try DemoKeys(for: game.signers, in: "\(folder)/keys")
    game.keys = keys
    #expect(game.processCount == game.modelCount + 1 && game.signers.count == game.processCount)
    try game.write(logs: "\(folder)/logs")
    let orchestrator = try text("\(folder)/game/orchestrator.yml")
    #expect(orchestrator.contains("    front: {command: ["))
    #expect(orchestrator.contains("\(folder)/keys/model-{model_id}"))

    let alice = try #require(keys.owners["alice"]), mallory = try #require(keys.owners["mallory"])
    let models = try text("\(folder)/game/models.yml")
    #expect(models.count(of: "cruncher_wallet_pubkey: \(alice.wallet)") == 2, "hers, the impostor")
    #expect(models.count(of: "cruncher_hotkey: \(mallory.hotkey)") == 1)
    #expect(models.count(of: "cruncher_wallet_pubkey: ") == game.processCount)
    for (id, wallet) in [("1", alice.wallet), (DemoGame.impostorID, mallory.wallet)] {
      #expect(try text("\(keys.model(id))/delegation.json").contains(wallet), "\(id)")
    }
    let path = try game.writeConfiguration(
      orchestratorPort: "1", pricesURL: "http://127.0.0.1:2/v1/prices",
      database: DatabaseConfiguration(), report: DemoReport())
    #expect(try text(path).contains("tls: {dir: \"\(keys.coordinator)\"}"))
  }

  @Test func aFolderWithoutTheExampleIsRefused() {
    #expect(throws: StartFailure.self) { try DemoGame.findExample(named: "/nowhere") }
  }

  private func text(_ path: String) throws -> String {
    try String(contentsOfFile: path, encoding: .utf8)
  }

  /// The first lines of the entries that are to be stopped.
  private func stopped(_ folder: String) throws -> [String] {
    var id = ""
    var found: [String] = []
    for line in try text("\(folder)/game/models.yml").split(separator: "\n") {
      let line = line.trimmingCharacters(in: .whitespaces)
      if line.hasPrefix("- id:") { id = line }
      if line == "desired_state: STOPPED" { found.append(id) }
    }
    return found
  }
}

extension String {
  fileprivate func count(of part: String) -> Int { components(separatedBy: part).count - 1 }
}
