import ArgumentParser
import Glibc
import Orchestration
import ServiceRuntime

/// `updraft`: the operator's tool.
@main
struct UpdraftCommand: AsyncParsableCommand {
  static let configuration: CommandConfiguration = {
    var configuration = CommandConfiguration.program(
      "updraft",
      abstract: "Run, look at and try out a live prediction competition.",
      discussion: """
        Begin with `updraft demo`, which plays a whole game on this machine. For a game of your \
        own: `updraft init-db` makes the tables, `updraft configs` says what is asked, \
        `updraft doctor` tells what is still missing, `predict-worker` plays.

        The database is taken from --database, the POSTGRES_* variables or game.yml \
        (--config), in this order.
        """)
    configuration.groupedSubcommands = [
      CommandGroup(
        name: "Play", subcommands: [DemoCommand.self, DoctorCommand.self]),
      CommandGroup(
        name: "Database",
        subcommands: [
          InitDBCommand.self, ConfigsCommand.self, SpoolCommand.self, ExportCommand.self,
          PruneCommand.self,
        ]),
      CommandGroup(
        name: "Models and prices",
        subcommands: [
          TryCommand.self, ModelsCommand.self, CallCommand.self, FleetCommand.self,
          PriceServerCommand.self,
        ]),
      CommandGroup(name: "Speed", subcommands: [BenchCommand.self]),
      CommandGroup(name: "Identity", subcommands: [KeysCommand.self, TLSFrontCommand.self]),
    ]
    return configuration
  }()

  /// Runs the command that the arguments name; every error is one line and an exit code.
  static func main() async {
    // `try` starts its model as model-orchestrator does, through a step of this very program.
    if ModelExec.isAsked(CommandLine.arguments) {
      Glibc.exit(ModelExec.run(CommandLine.arguments))
    }
    do {
      var command = try parseAsRoot()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch let failure as StartFailure {
      failure.report(program: "updraft")
      exit(withError: failure.exitCode)
    } catch {
      exit(withError: error)
    }
  }
}
