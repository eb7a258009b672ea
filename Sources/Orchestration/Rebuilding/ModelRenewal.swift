import Competition
import EventLoop
import Logging
import Telemetry

/// Follows the code of one model: when it changes, makes the environment first, while the version
/// before goes on, and then restarts the model.
///
/// It may become: watching → waiting (paced) → building → watching. Ended by `close`.
final class ModelRenewal {
  /// What it was made for; another one needs another renewal.
  struct Subject: Hashable {
    let folder: String
    let isNative: Bool
    let mode: RebuildMode
  }

  let subject: Subject
  private let world: ModelWorld
  private let logger: Logger
  private let restart: (String) -> Void
  private var watch: CodeWatch?
  private var pace = RenewalPace()
  private var timer: LoopTimer?
  private var request: PythonEnvironments.Request?
  private var reason = ""

  /// Begins to follow the code.
  ///
  /// - Parameters:
  ///   - subject: The folder and how to follow it.
  ///   - modelID: The model, for the log.
  ///   - world: What the models share.
  ///   - interval: How often to look where the system tells no events.
  ///   - restart: Called with the reason when the model shall run the code that is there now.
  init(
    _ subject: Subject, of modelID: ModelID, in world: ModelWorld, every interval: Duration,
    restart: @escaping (String) -> Void
  ) {
    self.subject = subject
    self.world = world
    self.restart = restart
    var logger = world.logger
    logger[metadataKey: LogKey.model] = "\(modelID)"
    self.logger = logger
    timer = LoopTimer(on: world.loop) { [weak self] in self?.renew() }
    let rule = CodeRule(countsEverything: subject.mode == .always)
    let watch = CodeWatch(subject.folder, rule, every: interval, on: world.loop) {
      [weak self] files in self?.changed(files)
    }
    self.watch = watch
    if watch.isCut {
      logger.warning(
        "the submission's folder is too large: changes of a part of it aren't followed",
        metadata: [
          LogKey.path: "\(subject.folder)",
          LogKey.limit: "\(CodeScan.filesMax) code files, \(CodeScan.foldersMax) folders",
        ])
    }
  }

  /// Stops following. Safe to call again.
  func close() {
    watch?.close()
    watch = nil
    timer?.close()
    timer = nil
    request?.cancel()
    request = nil
  }

  private func changed(_ files: [String]) {
    let more = files.count > 3 ? " and \(files.count - 3) more" : ""
    reason = "\(files.prefix(3).joined(separator: ", "))\(more) changed"
    let delay = pace.delay(at: world.loop.now)
    logger.notice(
      "the code changed",
      metadata: [LogKey.reason: "\(reason)", LogKey.backoffMillis: "\(delay.milliseconds)"])
    if delay == .zero { renew() } else { timer?.arm(after: delay) }
  }

  private func renew() {
    request?.cancel()
    request = nil
    guard !subject.isNative, Folder.isFile(subject.folder + "/main.py") else {
      return restart(reason)
    }
    request = world.environments.prepare(submissionFolder: subject.folder) { [weak self] result in
      guard let self else { return }
      request = nil
      switch result {
      case .success: restart(reason)
      case .failure(let error):
        logger.error(
          "the changed code has no environment; the version before goes on",
          metadata: [LogKey.reason: "\(error)"])
      }
    }
  }
}
