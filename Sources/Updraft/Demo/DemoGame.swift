import Foundation
import JSON
import ServiceRuntime
import Storage

/// The files of the demo's game: a copy of examples/tracker-game with the demo's own ports, times
/// and simulated models.
struct DemoGame: Sendable {
  /// The competition's id, as the example's files name it.
  static let crunchID = "tracker-game"
  /// The participants written in Python, by their ids in the example's models.yml.
  static let pythonModels = [(id: "1", name: "gaussian"), (id: "2", name: "student-walk")]
  /// The participant that does everything wrong.
  static let misbehavingModel = (id: "3", name: "misbehaving")
  /// The one of a secure demo that pretends to be another participant's.
  static let impostorID = "impostor"
  /// Whose it pretends to be, and whose wallet has signed its delegation.
  private static let impostor = (owner: "alice", signer: "mallory")
  /// The owner of the simulated models.
  private static let crowd = "crowd"

  /// The example's folder.
  let example: String
  /// The folder that the files are written to.
  let folder: String
  /// How many simulated models there are.
  let simulatedCount: Int
  /// What the models prove themselves with; nil when they needn't.
  var keys: DemoKeys?

  /// The ids of the simulated models.
  var simulatedIDs: [String] { (1...simulatedCount).map { "sim-\($0 < 10 ? "0" : "")\($0)" } }
  /// The simulated model that leaves after the first round.
  var leavingID: String { simulatedIDs.last ?? "" }
  /// The name that people know a model by.
  func name(of id: String) -> String {
    (Self.pythonModels + [Self.misbehavingModel]).first { $0.id == id }?.name ?? id
  }

  /// All models that take part.
  var modelCount: Int { simulatedCount + Self.pythonModels.count + 1 }
  /// All models that the orchestrator starts.
  var processCount: Int { modelCount + (keys == nil ? 0 : 1) }

  /// All models of a secure demo with whose wallet signs their delegation.
  var signers: [(id: String, signer: String)] {
    var signers = [
      (id: "1", signer: "alice"), (id: "2", signer: "bob"), (id: "3", signer: "mallory"),
    ]
    signers += simulatedIDs.map { (id: $0, signer: Self.crowd) }
    return signers + [(id: Self.impostorID, signer: Self.impostor.signer)]
  }

  /// Finds examples/tracker-game: as named, or above this program's file or the working folder.
  static func findExample(named: String?) throws(StartFailure) -> String {
    func holdsGame(_ folder: String) -> Bool { access("\(folder)/models.yml", R_OK) == 0 }
    if let named {
      for folder in [named, "\(named)/tracker-game"] where holdsGame(folder) { return folder }
      throw StartFailure(
        "--examples: there is no tracker-game in \(named)",
        remedy: "name the folder examples of a checkout", exitCode: .wrongConfiguration)
    }
    for start in [ProgramPath.own, FileManager.default.currentDirectoryPath + "/."] {
      var folder = URL(fileURLWithPath: start).deletingLastPathComponent()
      while folder.path != "/" {
        let candidate = folder.appendingPathComponent("examples/tracker-game").path
        if holdsGame(candidate) { return candidate }
        folder.deleteLastPathComponent()
      }
    }
    throw StartFailure(
      "examples/tracker-game is neither above this program nor above the working folder",
      remedy: "name it with --examples", exitCode: .wrongConfiguration)
  }

  /// Copies the example and writes what the orchestrator needs.
  func write(logs: String) throws(StartFailure) {
    do {
      let files = FileManager.default
      if files.fileExists(atPath: folder) { try files.removeItem(atPath: folder) }
      try copy(example, to: folder)
      try files.createDirectory(atPath: logs, withIntermediateDirectories: true)
      try files.createDirectory(
        atPath: "\(folder)/models/simulated", withIntermediateDirectories: true)
      try rewrite(
        "orchestrator.yml",
        [
          // Any free port, and a quick look at models.yml, so that the leaving model is missing
          // soon.
          ("port: 9091", "port: 0"), ("127.0.0.1:8001", "127.0.0.1:0"),
          ("\n  interval: 2\n", "\n  interval: 0.5\n"),
          (
            "type: local",
            "type: local\n    logs: \(JSONValue.string("\(logs)/models").text())\(frontSetting)"
          ),
        ])
      try writeModels(leaving: false)
    } catch let failure as StartFailure {
      throw failure
    } catch {
      throw StartFailure(
        "can't write the game's files: \(error.localizedDescription)",
        remedy: "check the space and the rights of \(folder)", exitCode: .systemRefused)
    }
  }

  /// The setting that puts a front before every model.
  private var frontSetting: String {
    guard let keys else { return "" }
    let words = [
      ProgramPath.own, "tls-front", "--listen", "127.0.0.1:{port}", "--to",
      "127.0.0.1:{model_port}", "--dir", keys.model("{model_id}"),
    ]
    return "\n    front: {command: \(Self.list(words))}"
  }

  /// Writes models.yml anew, with the leaving model stopped or not; the change is atomic.
  func writeModels(leaving: Bool) throws {
    var text = try String(contentsOfFile: "\(example)/models.yml", encoding: .utf8)
    if !text.hasSuffix("\n") { text += "\n" }
    text += "  # Simulated ones: a native program each.\n"
    for (index, id) in simulatedIDs.enumerated() {
      text += entry(id, of: Self.crowd, seed: index + 1, isStopped: leaving && id == leavingID)
    }
    if let keys {
      text += "  # Names \(Self.impostor.owner), and is signed for by \(Self.impostor.signer).\n"
      text += entry(Self.impostorID, of: Self.impostor.owner, seed: 0, isStopped: false)
      text = try Self.naming(keys.owners, in: text)
    }
    try text.write(toFile: "\(folder)/models.yml", atomically: true, encoding: .utf8)
  }

  /// Writes game.yml with the ports that the system chose, the demo's database and its report.
  ///
  /// - Returns: The file's path.
  func writeConfiguration(
    orchestratorPort: String, pricesURL: String, database: DatabaseConfiguration,
    report: DemoReport
  ) throws -> String {
    try rewrite(
      "game.yml",
      [
        ("port: 9091", "port: \(orchestratorPort)"),
        ("http://127.0.0.1:9092/v1/prices", pricesURL),
      ])
    let settings: [(String, String?)] = [
      ("host", database.host), ("port", database.port.map(String.init)), ("user", database.user),
      ("name", database.database),
    ]
    var text = try String(contentsOfFile: "\(folder)/game.yml", encoding: .utf8)
    text += "\n# The demo's private PostgreSQL.\ndatabase:\n"
    for case (let name, let value?) in settings {
      text += "  \(name): \(JSONValue.string(value).text())\n"
    }
    text += "spool: {dir: \(JSONValue.string("\(folder)/spool").text())}\n"
    text += "\n# The pages' figures of prices come from the predict worker's metrics.\n"
    text += report.settings
    text += "metrics_file: \(JSONValue.string(metricsFile).text())\n"
    if let keys { text += "tls: {dir: \(JSONValue.string(keys.coordinator).text())}\n" }
    try text.write(toFile: "\(folder)/game.yml", atomically: true, encoding: .utf8)
    return "\(folder)/game.yml"
  }

  /// Where the predict worker's metrics are.
  var metricsFile: String { "\(folder)/metrics.prom" }

  /// Adds each participant's wallet and hotkey to its models.
  private static func naming(
    _ owners: [String: DemoKeys.Owner], in text: String
  ) throws -> String {
    var text = text
    for (id, owner) in owners {
      let line = "    cruncher_id: \(id)\n"
      guard text.contains(line) else {
        throw StartFailure(
          "examples/tracker-game/models.yml has no participant \(id)",
          remedy: "use the example of this version", exitCode: .wrongConfiguration)
      }
      text = text.replacingOccurrences(
        of: line,
        with: line + "    cruncher_wallet_pubkey: \(owner.wallet)\n"
          + "    cruncher_hotkey: \(owner.hotkey)\n")
    }
    return text
  }

  /// A list as YAML reads it.
  private static func list(_ words: [String]) -> String {
    JSONValue.array(words.map { .string($0) }).text()
  }

  private func entry(_ id: String, of owner: String, seed: Int, isStopped: Bool) -> String {
    let words = [
      ProgramPath.own, "fleet", "--models", "1", "--port", "{port}", "--no-orchestrator", "--seed",
      "\(seed)", "--delay-ms", "lognormal:3,0.5",
    ]
    return """
        - id: "\(id)"
          submission_id: simulated
          crunch_id: \(Self.crunchID)
          desired_state: \(isStopped ? "STOPPED" : "RUNNING")
          model_name: "\(id)"
          cruncher_name: \(owner)
          cruncher_id: \(owner)
          command: \(Self.list(words))

      """
  }

  /// Copies a folder's plain files and folders, as this user's own, whoever owns the example.
  private func copy(_ source: String, to target: String) throws {
    let files = FileManager.default
    try files.createDirectory(atPath: target, withIntermediateDirectories: true)
    for name in try files.contentsOfDirectory(atPath: source) where name != "__pycache__" {
      let (from, to) = ("\(source)/\(name)", "\(target)/\(name)")
      switch try files.attributesOfItem(atPath: from)[.type] as? FileAttributeType {
      case .typeDirectory?: try copy(from, to: to)
      case .typeRegular?:
        try Data(contentsOf: URL(fileURLWithPath: from)).write(
          to: URL(fileURLWithPath: to))
      default: break
      }
    }
  }

  /// Replaces words of a file of the example; each must be there, or the demo would play another
  /// game than it says.
  private func rewrite(_ file: String, _ changes: [(from: String, to: String)]) throws {
    var text = try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)
    for change in changes {
      guard let place = text.range(of: change.from) else {
        throw StartFailure(
          "examples/tracker-game/\(file) has no \"\(change.from)\"",
          remedy: "use the example of this version", exitCode: .wrongConfiguration)
      }
      text.replaceSubrange(place, with: change.to)
    }
    try text.write(toFile: "\(folder)/\(file)", atomically: true, encoding: .utf8)
  }
}
