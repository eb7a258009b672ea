import Competition
import EventLoop

/// The command line, folder and environment that a model is started with.
struct LaunchPlan {
  let options: ChildProcessOptions
  let isolation: Isolation
  private let settings: RunnerSettings
  private let view: SandboxView

  /// Plans a start; `virtualEnvironment` is nil for native programs.
  ///
  /// - Throws: `FileError` when the submission or its program isn't there.
  init(
    _ launch: ModelLaunch, of modelID: ModelID, port: UInt16, virtualEnvironment: String?,
    settings: RunnerSettings, environment: [String: String]
  ) throws(FileError) {
    self.settings = settings
    isolation = launch.isolation ?? settings.isolation
    let folder = settings.submissionFolder(launch.submissionID)
    let doing = "start submission \(launch.submissionID)"
    guard Folder.isFolder(folder) else {
      throw FileError("there is no folder \(folder)", during: doing)
    }
    let home = isolation == .limits ? settings.homeFolder(modelID.rawValue) : nil
    let variables = ChildEnvironment.model(
      environment, virtualEnvironment: virtualEnvironment, home: home)
    let resources = launch.resourceID.map(settings.resourceFolder) ?? folder + "/resources"
    var options: ChildProcessOptions
    if let command = launch.command {
      let words = command.map {
        $0.split(separator: "{port}", omittingEmptySubsequences: false).joined(separator: "\(port)")
      }
      let program = try ProgramSearch.find(words[0], path: variables["PATH"] ?? "", from: folder)
      options = ChildProcessOptions(executable: program, arguments: Array(words.dropFirst()))
    } else {
      guard Folder.isFile(folder + "/main.py") else {
        throw FileError("there is no \(folder)/main.py", during: doing)
      }
      guard let virtualEnvironment else {
        throw FileError("it has no Python environment", during: doing)
      }
      options = ChildProcessOptions(
        executable: virtualEnvironment + "/bin/model-runner",
        arguments: [
          "--address", "127.0.0.1:\(port)", "--code-directory", folder, "--resource-directory",
          resources, "--main-file", "main.py",
        ])
    }
    options.workingDirectory = folder
    options.environment = variables
    if let user = settings.user { options.user = (user.id, user.groupID) }
    self.options = options
    view = SandboxView(
      settings, showing: [folder, resources, options.executable],
      virtualEnvironment: virtualEnvironment)
    if let home { try HomeFolder.make(home, for: settings.user) }
  }

  /// The start as it is done: marked, and behind the steps that confine it.
  func confined(by launcher: String, mark: String) -> ChildProcessOptions {
    var marked = options
    marked.environment?[ProcessMark.variable] = mark
    var view = view
    view.shown.append(launcher)
    return ConfinedLaunch(
      launcher: launcher, isolation: isolation, limits: settings.limits, view: view
    ).confining(marked)
  }
}
