import Competition
public import EventLoop
public import Logging

/// Gives submissions their virtual environments: one for each distinct set of requirements, built
/// once and kept, one build at a time.
///
/// Ended by `close`; until its completion children may be alive.
public final class PythonEnvironments {
  /// One wish for an environment.
  public final class Request {
    fileprivate let submissionFolder: String
    fileprivate var ended: ((Result<String, EnvironmentError>) -> Void)?

    fileprivate init(
      _ folder: String, _ ended: @escaping (Result<String, EnvironmentError>) -> Void
    ) {
      submissionFolder = folder
      self.ended = ended
    }

    fileprivate func end(_ result: Result<String, EnvironmentError>) {
      let ended = ended
      self.ended = nil
      ended?(result)
    }

    /// Forgets the wish; a build that nobody else waits for goes on, for the next time.
    public func cancel() { ended = nil }
  }

  private let settings: RunnerSettings
  private let variables: [String: String]
  private let loop: Loop
  private let logger: Logger
  private let launcher: String?
  private var interpreter: String?
  private var probe: InterpreterProbe?
  /// Requests that wait for the interpreter's answer.
  private var unsorted: [Request] = []
  private var waiting: [String: [Request]] = [:]
  private var line: [EnvironmentRecipe] = []
  private var building: EnvironmentBuild?
  private var names: [String: (stamp: FileStamp?, name: String)] = [:]
  private var closed: (() -> Void)?
  private var isClosed = false

  /// Creates the environments' keeper; nothing is started before the first request.
  ///
  /// - Parameters:
  ///   - settings: The interpreter, the packages, the folder and the time limit.
  ///   - environment: Our environment variables; pip gets a chosen part of them.
  ///   - launcher: The program through which pip is started, so that it ends with this one; nil
  ///     starts it directly.
  ///   - loop: The loop that children are watched on.
  ///   - logger: Told of progress.
  public init(
    _ settings: RunnerSettings, environment: [String: String], launcher: String? = nil,
    on loop: Loop, logger: Logger
  ) {
    self.settings = settings
    self.launcher = launcher
    variables = ChildEnvironment.installer(environment, asAnotherUser: settings.user != nil)
    self.loop = loop
    self.logger = logger
  }

  /// Gets the environment of the submission in `submissionFolder`.
  ///
  /// - Returns: The request; `ended` is called once with the environment's folder or the reason why
  ///   there is none, perhaps during this call.
  public func prepare(
    submissionFolder: String, ended: @escaping (Result<String, EnvironmentError>) -> Void
  ) -> Request {
    let request = Request(submissionFolder, ended)
    if isClosed {
      request.end(.failure(EnvironmentError(during: "build the environment", "given up")))
    } else if interpreter != nil {
      sort(request)
    } else {
      unsorted.append(request)
      askInterpreter()
    }
    return request
  }

  /// The name of the environment of the submission in `submissionFolder`, whose build is logged in
  /// `NAME.log` of the environments' folder; nil before the interpreter was asked, and when the
  /// requirements can't be read. Remembered until the requirements are written again.
  public func name(submissionFolder: String) -> String? {
    let stamp = FileStamp(submissionFolder + "/requirements.txt")
    if let known = names[submissionFolder], known.stamp == stamp { return known.name }
    guard let interpreter,
      let recipe = try? EnvironmentRecipe(
        interpreter: interpreter, packages: settings.packages, submissionFolder: submissionFolder)
    else { return nil }
    if names.count >= ModelManifest.modelsMax { names = [:] }
    names[submissionFolder] = (stamp, recipe.fingerprint)
    return recipe.fingerprint
  }

  /// Ends what is being built; `closed` is called when no child is left, perhaps during this call.
  public func close(_ closed: @escaping () -> Void) {
    isClosed = true
    self.closed = closed
    line = []
    unsorted = []
    waiting = [:]
    probe?.cancel()
    building?.cancel()
    reportClosed()
  }

  private func reportClosed() {
    guard isClosed, probe == nil, building == nil, let closed else { return }
    self.closed = nil
    closed()
  }

  private func askInterpreter() {
    guard probe == nil else { return }
    do {
      probe = try InterpreterProbe(settings.python, environment: variables, on: loop) {
        [weak self] result in self?.interpreterAnswered(result)
      }
    } catch {
      interpreterAnswered(.failure(error))
    }
  }

  private func interpreterAnswered(_ result: Result<String, EnvironmentError>) {
    probe = nil
    let requests = unsorted
    unsorted = []
    switch result {
    case .success(let text):
      interpreter = text
      for request in requests { sort(request) }
    case .failure(let error):
      for request in requests { request.end(.failure(error)) }
    }
    reportClosed()
  }

  /// Finds the recipe of a request and lines it up when its environment isn't there yet.
  private func sort(_ request: Request) {
    guard let interpreter, request.ended != nil else { return }
    let recipe: EnvironmentRecipe
    do {
      recipe = try EnvironmentRecipe(
        interpreter: interpreter, packages: settings.packages,
        submissionFolder: request.submissionFolder)
      try Folder.make(settings.environmentsFolder)
    } catch {
      return request.end(
        .failure(EnvironmentError(during: "prepare the environment", "\(error)")))
    }
    let folder = self.folder(recipe)
    if building?.recipe.fingerprint != recipe.fingerprint, EnvironmentBuild.isComplete(folder) {
      return request.end(.success(folder))
    }
    waiting[recipe.fingerprint, default: []].append(request)
    if building?.recipe.fingerprint != recipe.fingerprint,
      !line.contains(where: { $0.fingerprint == recipe.fingerprint })
    {
      line.append(recipe)
    }
    buildNext()
  }

  private func folder(_ recipe: EnvironmentRecipe) -> String {
    "\(settings.environmentsFolder)/\(recipe.fingerprint)"
  }

  private func buildNext() {
    guard building == nil, !line.isEmpty, !isClosed else { return }
    let recipe = line.removeFirst()
    let build = EnvironmentBuild(
      recipe, folder: folder(recipe), environment: variables, launcher: launcher,
      settings: settings, on: loop, logger: logger
    ) { [weak self] result in self?.ended(recipe, result) }
    building = build
    build.start()
  }

  private func ended(_ recipe: EnvironmentRecipe, _ result: Result<String, EnvironmentError>) {
    building = nil
    let requests = waiting.removeValue(forKey: recipe.fingerprint) ?? []
    for request in requests { request.end(result) }
    buildNext()
    reportClosed()
  }
}
