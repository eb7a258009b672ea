import Competition
import EventLoop
import Glibc
import Logging
import Telemetry

/// Builds one virtual environment, or waits until another process has.
///
/// It may become: waiting for the lock → making → installing → ended; `cancel()` and the deadline
/// end it from any state. The environment is made in its final place, since its scripts name that
/// place; it counts only when its marker is there, which is written last.
final class EnvironmentBuild {
  let recipe: EnvironmentRecipe
  private let folder: String
  private let environment: [String: String]
  private let launcher: String?
  private let settings: RunnerSettings
  private let loop: Loop
  private let logger: Logger
  private var ended: ((Result<String, EnvironmentError>) -> Void)?
  private var lock: FolderLock?
  private var log: ModelLog?
  private var child: ChildProcess?
  private var tail = OutputTail()
  private var deadline: LoopTimer?
  private var retry: LoopTimer?
  private var saysItWaits = false
  private var failure: EnvironmentError?
  private let startedAt: MonotonicInstant

  static let marker = "updraft-complete"

  /// Whether the environment in `folder` can be used.
  static func isComplete(_ folder: String) -> Bool {
    Folder.isFile("\(folder)/\(marker)") && Folder.exists("\(folder)/bin/python")
  }

  /// `ended` is called once, after the last child has gone.
  init(
    _ recipe: EnvironmentRecipe, folder: String, environment: [String: String],
    launcher: String?, settings: RunnerSettings, on loop: Loop, logger: Logger,
    ended: @escaping (Result<String, EnvironmentError>) -> Void
  ) {
    self.recipe = recipe
    self.folder = folder
    self.environment = environment
    self.launcher = launcher
    self.settings = settings
    self.loop = loop
    self.logger = logger
    self.ended = ended
    startedAt = loop.now
  }

  func start() {
    let timeout = settings.environmentTimeout
    deadline = LoopTimer(on: loop) { [weak self] in
      self?.stop("not ready within \(timeout.text)")
    }
    deadline?.arm(after: timeout)
    retry = LoopTimer(on: loop) { [weak self] in self?.takeLock() }
    takeLock()
  }

  /// Ends it; `ended` is told of a failure when the child, if any, has gone.
  func cancel() { stop("given up") }

  private func takeLock() {
    if Self.isComplete(folder) { return finish(.success(folder)) }
    do {
      lock = try FolderLock.take(folder + ".lock")
    } catch {
      return fail("lock the environment", error.description)
    }
    guard lock != nil else {
      if !saysItWaits { logger.info("waiting for another process that builds this environment") }
      saysItWaits = true
      retry?.arm(after: .milliseconds(500))
      return
    }
    // It may have been completed between the look and the lock.
    if Self.isComplete(folder) { return finish(.success(folder)) }
    do {
      log = try ModelLog(
        name: Folder.name(of: folder), folder: Folder.parent(of: folder), on: loop)
    } catch {
      return fail("open the log of the environment", error.description)
    }
    logger.notice("building a Python environment", metadata: [LogKey.path: "\(folder)"])
    giveToUser()
  }

  /// With `run-as`, pip and the submissions' own build scripts write as that user, there only.
  private func giveToUser() {
    guard let user = settings.user else { return make() }
    do {
      try Folder.make(folder)
    } catch {
      return fail("make the environment's folder", error.description)
    }
    own("give the environment to \(user.name)", user) { [weak self] in self?.make() }
  }

  private func make() {
    let arguments = ["-m", "venv", "--clear", folder]
    run("make a virtual environment", recipe.python, arguments) { [weak self] in self?.install() }
  }

  /// Takes the finished environment back, so that no model changes what others run.
  private func takeBack() {
    guard settings.user != nil else { return complete() }
    own("take the environment back", .own) { [weak self] in self?.complete() }
  }

  private func own(_ doing: String, _ user: ModelUser, then next: @escaping () -> Void) {
    let arguments = ["-hR", "\(user.id):\(user.groupID)", folder]
    run(doing, "chown", arguments, asUser: false, then: next)
  }

  private func install() {
    var arguments = [
      "-m", "pip", "install", "--no-input", "--disable-pip-version-check", "--progress-bar", "off",
      // Older pips (Debian 12's) run a setup.py in its own folder, where the package `importlib`,
      // which the runner brings along, hides Python's.
      "--use-pep517",
    ]
    arguments += recipe.packages
    if let file = recipe.requirementsFile { arguments += ["--requirement", file] }
    let what = recipe.packages + (recipe.requirementsFile == nil ? [] : ["requirements.txt"])
    if what.isEmpty { return takeBack() }
    let doing = "install \(what.map { Folder.name(of: $0) }.joined(separator: ", "))"
    run(doing, "\(folder)/bin/python", arguments) { [weak self] in self?.takeBack() }
  }

  private func complete() {
    do {
      // Whatever a build script put in its place must not be written through.
      unlink("\(folder)/\(Self.marker)")
      try FileText.write("\(recipe.fingerprint)\n", to: "\(folder)/\(Self.marker)")
    } catch {
      return fail("complete the environment", error.description)
    }
    let seconds = loop.now.since(startedAt).inSeconds.rounded()
    logger.notice(
      "the Python environment is ready after \(Int(seconds)) s",
      metadata: [LogKey.path: "\(folder)"])
    finish(.success(folder))
  }

  private func run(
    _ doing: String, _ program: String, _ arguments: [String], asUser: Bool = true,
    then next: @escaping () -> Void
  ) {
    var options = ChildProcessOptions(executable: program, arguments: arguments)
    options.environment = environment
    options.workingDirectory = recipe.requirementsFile.map { Folder.parent(of: $0) }
    if asUser, let user = settings.user { options.user = (user.id, user.groupID) }
    if let launcher {
      options = ConfinedLaunch.tied(options, launcher: launcher, limits: settings.limits)
    }
    tail = OutputTail()
    do {
      child = try ChildProcess.start(options, on: loop) { [weak self] line in
        self?.take(line)
      } exited: { exit in
        // The build lives until its child has gone.
        self.childExited(exit, doing: doing, next: next)
      }
    } catch {
      fail(doing, "\(error)")
    }
  }

  private func take(_ line: String) {
    tail.add(line)
    log?.add(line)
    let text = line.drop(while: \.isWhitespace)
    let isProgress = ["Collecting ", "Building ", "Installing ", "Successfully "].contains {
      text.hasPrefix($0)
    }
    logger.log(level: isProgress ? .info : .debug, "\(text.prefix(300))")
  }

  private func childExited(_ exit: ChildExit, doing: String, next: () -> Void) {
    child?.killGroup()
    child = nil
    if let failure { return finish(.failure(failure)) }
    if exit.isSuccess { return next() }
    let said = tail.explanation
    fail(doing, said.isEmpty ? "the process \(exit)" : said)
  }

  private func stop(_ why: String) {
    guard ended != nil else { return }
    let error = EnvironmentError(during: "build the environment", why, logFile: log?.path)
    failure = error
    if let child { child.send(SIGKILL) } else { finish(.failure(error)) }
  }

  private func fail(_ doing: String, _ reason: String) {
    finish(.failure(EnvironmentError(during: doing, reason, logFile: log?.path)))
  }

  private func finish(_ result: Result<String, EnvironmentError>) {
    guard let ended else { return }
    self.ended = nil
    deadline?.close()
    retry?.close()
    log?.close()
    lock = nil
    ended(result)
  }
}
