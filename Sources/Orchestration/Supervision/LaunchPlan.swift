import Competition
import EventLoop

/// The command line, folder and environment that a model is started with.
struct LaunchPlan {
  let options: ChildProcessOptions

  /// Plans a start; `virtualEnvironment` is nil for native programs.
  ///
  /// - Throws: `FileError` when the submission isn't there.
  init(
    _ launch: ModelLaunch, port: UInt16, virtualEnvironment: String?, settings: RunnerSettings,
    environment: [String: String]
  ) throws(FileError) {
    let folder = settings.submissionFolder(launch.submissionID)
    let doing = "start submission \(launch.submissionID)"
    guard Folder.isFolder(folder) else {
      throw FileError("there is no folder \(folder)", during: doing)
    }
    var options: ChildProcessOptions
    if let command = launch.command {
      let words = command.map {
        $0.split(separator: "{port}", omittingEmptySubsequences: false).joined(separator: "\(port)")
      }
      options = ChildProcessOptions(executable: words[0], arguments: Array(words.dropFirst()))
    } else {
      guard Folder.isFile(folder + "/main.py") else {
        throw FileError("there is no \(folder)/main.py", during: doing)
      }
      guard let virtualEnvironment else {
        throw FileError("it has no Python environment", during: doing)
      }
      let resources = launch.resourceID.map(settings.resourceFolder) ?? folder + "/resources"
      options = ChildProcessOptions(
        executable: virtualEnvironment + "/bin/model-runner",
        arguments: [
          "--address", "127.0.0.1:\(port)", "--code-directory", folder, "--resource-directory",
          resources, "--main-file", "main.py",
        ])
    }
    options.workingDirectory = folder
    options.environment = ChildEnvironment.model(
      environment, virtualEnvironment: virtualEnvironment)
    self.options = options
  }
}
