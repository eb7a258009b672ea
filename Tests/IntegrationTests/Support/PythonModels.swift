import Competition
import Foundation
import Glibc

/// Real model-runner processes, one for each submission folder.
struct PythonModels {
  /// The models as an orchestrator would describe them, in the folders' order.
  let descriptions: [ModelDescription]
  /// Their processes, in the same order.
  let programs: [Program]

  /// Starts the models of these submission folders, by model id, and waits until all of them
  /// listen.
  static func start(
    _ folders: [(key: String, value: String)], on stage: Stage
  ) async throws -> PythonModels {
    var descriptions: [ModelDescription] = []
    var programs: [Program] = []
    for (name, folder) in folders {
      let port = try FreePort.choose()
      programs.append(try await launch(folder, port, on: stage))
      descriptions.append(
        ModelDescription(
          modelID: ModelID(name), deploymentID: "\(name)-1",
          infos: ModelInfos(
            modelName: "\(name) model", cruncherID: "cruncher-\(name)",
            cruncherName: "Cruncher of \(name)"),
          host: "127.0.0.1", port: port))
    }
    for (program, model) in zip(programs, descriptions) {
      try await stage.wait("\(model.modelID) listens", within: .seconds(120)) {
        if let exit = await program.exit { throw ModelEnded(model: model.modelID, exit: "\(exit)") }
        return FreePort.isListening(model.port)
      }
    }
    return PythonModels(descriptions: descriptions, programs: programs)
  }

  /// Starts one model and doesn't wait for it.
  @discardableResult
  static func launch(_ folder: String, _ port: UInt16, on stage: Stage) async throws -> Program {
    let runner = try await PythonEnvironment.runner.program("model-runner")
    let base = RepositoryFile.path("examples/tracker-game/basegame")
    return try await stage.start(
      [runner, "--address", "127.0.0.1:\(port)", "--code-directory", folder],
      variables: ["PYTHONPATH": base, "PYTHONDONTWRITEBYTECODE": "1"])
  }

  /// The folder of one of the tests' models.
  static func folder(_ name: String) -> String {
    RepositoryFile.path("Tests/Python/models/\(name)")
  }

  /// The folder of one of the example's participants.
  static func example(_ name: String) -> String {
    RepositoryFile.path("examples/tracker-game/models/\(name)")
  }
}

/// A model's process that ended when it should have listened.
struct ModelEnded: Error {
  let model: ModelID
  let exit: String
}

/// TCP ports of this machine.
enum FreePort {
  /// A port that nobody listens on, below those that the system gives to outgoing connections.
  static func choose() throws -> UInt16 {
    for _ in 0..<200 {
      let port = UInt16.random(in: 15_000..<32_000)
      if open(port, { bind($0, $1, $2) == 0 }) { return port }
    }
    throw MissingPrerequisite("no free TCP port from 15000 to 32000")
  }

  /// Whether 127.0.0.1 takes connections on the port.
  static func isListening(_ port: UInt16) -> Bool { open(port) { connect($0, $1, $2) == 0 } }

  private static func open(
    _ port: UInt16, _ use: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Bool
  ) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        use(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }
}
