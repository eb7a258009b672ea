import ArgumentParser
import Glibc
import Orchestration

/// The program: the orchestrator itself, or the step through which it starts a model.
@main
enum OrchestratorProgram {
  static func main() async {
    // Before anything else runs: a model's limits are set by a process of one thread.
    if ModelExec.isAsked(CommandLine.arguments) { exit(ModelExec.run(CommandLine.arguments)) }
    await OrchestratorCommand.main()
  }
}
