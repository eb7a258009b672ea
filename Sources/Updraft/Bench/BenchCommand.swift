import ArgumentParser
import Benchmarking

/// `updraft bench`: how fast it is, here.
struct BenchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure how fast everything is on this machine.",
    discussion: """
      SCENARIO is one of:
      \(Scenario.allCases.map { "  \($0.rawValue): \($0.abstract)" }.joined(separator: "\n"))

      The simulated models, PostgreSQL and the workers are processes of their own on this machine, \
      and share its cores with what is measured. Runs of several candidates take turns. See \
      docs/benchmarks.md.

      EXAMPLE: updraft bench fanout --models 200 --json new.json --html new.html
      EXAMPLE: updraft bench fanout --models 200 --compare old.json
      """,
    subcommands: [ScenarioCommand.self, TuneCommand.self, CapacityCommand.self],
    defaultSubcommand: ScenarioCommand.self)
}
