import Competition
import EventLoop
import Foundation
import Glibc
import JSON
import Logging
import Orchestration
import ServiceRuntime

/// The orchestrator of one model, in this process: it builds the environment and runs the model
/// exactly as `model-orchestrator` does.
///
/// Ended by `stop()`; no process and no file is left then.
final class TryStage: Sendable {
  private static let modelID = ModelID("model")

  /// Where coordinators connect to.
  let port: UInt16
  /// What the owner of a notebook should know of its conversion.
  let warnings: [String]
  private let folder: String
  private let thread: LoopThread
  private let orchestrator: LoopBound<Orchestrator>

  /// Starts the model.
  ///
  /// - Throws: `StartFailure` when this machine can't do it, or a notebook can't be converted.
  init(_ plan: TryPlan, environment: [String: String]) async throws {
    let folder = try Self.makeFolder()
    do {
      var configuration = try Self.configuration(plan, folder, environment)
      if let notebook = plan.submission.notebook {
        let made = "\(folder)/submission"
        warnings = try Self.convert(notebook, to: made, packages: plan.runner.packages)
        configuration.runner.submissionPathFormat = made
      } else {
        warnings = []
      }
      let settings = configuration
      let thread = try LoopThread(name: "orchestrator")
      let orchestrator = try await LoopBound(on: thread) { loop in
        Orchestrator(
          settings, environment: environment, on: loop,
          logger: Logger(label: "try") { _ in SwiftLogNoOpLogHandler() })
      }
      let started = await orchestrator.run { orchestrator in
        Result { () throws -> UInt16 in
          try orchestrator.start()
          return orchestrator.addresses.first?.port ?? 0
        }.mapError { StartFailure("can't start the model: \($0)", exitCode: .systemRefused) }
      }
      do {
        port = try started.get()
      } catch {
        await thread.stop()
        throw error
      }
      self.folder = folder
      self.thread = thread
      self.orchestrator = orchestrator
    } catch {
      try? FileManager.default.removeItem(atPath: folder)
      throw error
    }
  }

  /// How the model is doing; nil before the orchestrator knows it.
  func status() async -> ModelStatus? {
    await orchestrator.run { $0.statuses.first { $0.modelID == Self.modelID } }
  }

  /// Stops the model and everything it started; returns what it had written.
  func stop() async -> TryOutput {
    await withCheckedContinuation { done in
      orchestrator.post { $0.stop { done.resume() } }
    }
    await thread.stop()
    let log = "\(folder)/logs/\(Self.modelID).log"
    let bytes = FileManager.default.contents(atPath: log) ?? Data()
    try? FileManager.default.removeItem(atPath: folder)
    return TryOutput(log: String(decoding: bytes, as: UTF8.self))
  }

  private static func convert(
    _ notebook: String, to folder: String, packages: [String]
  ) throws(StartFailure) -> [String] {
    do {
      return try NotebookSubmission.write(notebook, to: folder, packages: packages)
    } catch {
      throw StartFailure("\(notebook): \(error)", exitCode: .incomplete)
    }
  }

  /// A folder of this try alone, for the list of models and the model's log.
  private static func makeFolder() throws(StartFailure) -> String {
    var template = Array((NSTemporaryDirectory() + "/updraft-try-XXXXXX").utf8CString)
    guard mkdtemp(&template) != nil else {
      throw StartFailure(
        "can't make a folder in \(NSTemporaryDirectory()): \(String(cString: strerror(errno)))",
        remedy: "set TMPDIR to a folder that can be written", exitCode: .systemRefused)
    }
    return String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// One model, any port of loopback, the game's own way to start models.
  private static func configuration(
    _ plan: TryPlan, _ folder: String, _ environment: [String: String]
  ) throws -> OrchestratorConfiguration {
    let crunch = JSONValue.string(plan.game.crunchID).text()
    let models = """
      models:
        - id: \(modelID)
          submission_id: submission
          crunch_id: \(crunch)
          desired_state: RUNNING
          model_name: model
          cruncher_id: you

      """
    try models.write(toFile: "\(folder)/models.yml", atomically: true, encoding: .utf8)
    let text = """
      infrastructure: {publishers: [{type: websocket, address: 127.0.0.1, port: 0}]}
      watcher: {poller: {type: yaml, path: models.yml}}
      crunches: [{id: \(crunch)}]

      """
    var configuration = try OrchestratorConfiguration.parse(
      text, file: "\(folder)/orchestrator.yml", environment: environment)
    configuration.runner = plan.runner
    configuration.runner.submissionPathFormat = plan.submission.folder
    configuration.runner.logsFolder = "\(folder)/logs"
    configuration.runner.homePathFormat = "\(folder)/homes/{id}"
    configuration.runner.processesFile = "\(folder)/model-processes.txt"
    configuration.runner.baseFolder = folder
    configuration.runner.rebuild = .disabled
    return configuration
  }
}
