import Foundation
import Testing

/// The programs that the build has put beside the tests.
enum BuiltProgram: String {
  case predictWorker = "predict-worker"
  case modelOrchestrator = "model-orchestrator"
  case reportWorker = "report-worker"
  case scoreWorker = "score-worker"
  case updraft

  /// The program's path.
  ///
  /// - Throws: `MissingPrerequisite` when it isn't built.
  var path: String {
    get throws {
      let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
      let path = ((own as NSString).deletingLastPathComponent as NSString)
        .appendingPathComponent(rawValue)
      guard FileManager.default.isExecutableFile(atPath: path) else {
        throw MissingPrerequisite("\(path) is not built: run `make test` or `swift build`")
      }
      return path
    }
  }
}

/// This repository's files.
enum RepositoryFile {
  /// The path of a file or folder, from the repository's root.
  static func path(_ name: String) -> String {
    let root = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return root.appendingPathComponent(name).path
  }
}

/// The Python environments of the tests; made once, which takes minutes, and kept.
enum PythonEnvironment: String, CaseIterable {
  case runner
  case client
  case bench
  case identity
  case listener

  private static let folders = Task { () throws -> [String] in
    var ended: Ended?
    try await withStage { stage in
      ended = try await stage.run(
        ["bash", RepositoryFile.path("Tests/Python/environments.sh")] + allCases.map(\.rawValue),
        within: .seconds(900))
    }
    guard let ended, ended.exit.isSuccess, ended.outputLines.count == allCases.count else {
      throw MissingPrerequisite(
        "the Python environments can't be made: run `make setup`\n\(ended?.errors ?? "")")
    }
    return ended.outputLines
  }

  /// A program of the environment, `python` for the interpreter.
  ///
  /// - Throws: `MissingPrerequisite` when the environments can't be made.
  func program(_ name: String) async throws -> String {
    let folders = try await Self.folders.value
    let index = try #require(Self.allCases.firstIndex(of: self))
    return "\(folders[index])/bin/\(name)"
  }
}

/// Something that the integration tests can't do without: a failure, never a skip.
struct MissingPrerequisite: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
