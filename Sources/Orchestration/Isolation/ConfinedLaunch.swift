import EventLoop
import Glibc

/// Puts a model's command line behind the steps that confine it.
struct ConfinedLaunch {
  /// `model-orchestrator` itself: its absolute path.
  let launcher: String
  let isolation: Isolation
  let limits: ModelLimits
  /// What bubblewrap hides and shows; used with `bubblewrap` only.
  let view: SandboxView

  /// The same program, which ends with the orchestrator and is free otherwise.
  static func tied(
    _ options: ChildProcessOptions, launcher: String, limits: ModelLimits
  ) -> ChildProcessOptions {
    ConfinedLaunch(launcher: launcher, isolation: .none, limits: limits, view: SandboxView())
      .confining(options)
  }

  /// The same program, confined; `options.executable` must be a path by now.
  func confining(_ options: ChildProcessOptions) -> ChildProcessOptions {
    var result = options
    let program = [options.executable] + options.arguments
    let follow = ["parent=\(getpid())", "unprivileged=1", "core=0"]
    let words: [String]
    switch isolation {
    case .none: words = step(["parent=\(getpid())"], program)
    case .limits: words = step(follow + ["apart=1"] + counted, program)
    case .bubblewrap:
      // Bubblewrap makes the namespaces; the limits are set inside, where processes count apart.
      let sandbox = BubblewrapCommand(view: view, writableBytesMax: limits.fileSizeBytes)
      words = step(follow, sandbox.words(for: step(counted, program), in: options.workingDirectory))
    }
    result.executable = words[0]
    result.arguments = Array(words.dropFirst())
    result.outputBytesPerSecondMax = ModelLimits.outputBytesPerSecond
    return result
  }

  private func step(_ settings: [String], _ program: [String]) -> [String] {
    [launcher, ModelExec.name] + settings + ["--"] + program
  }

  private var counted: [String] {
    [
      "oom=500", "memory=\(limits.memoryBytes)", "files=\(limits.files)",
      "processes=\(limits.processes)", "file-size=\(limits.fileSizeBytes)",
    ] + (limits.cpuSeconds.map { ["cpu=\($0)"] } ?? [])
  }
}
