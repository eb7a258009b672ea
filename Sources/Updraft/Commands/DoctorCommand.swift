import ArgumentParser
import ServiceRuntime

/// `updraft doctor`: what a game on this machine still lacks.
struct DoctorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Check everything that a game needs, and say what to do.",
    discussion: """
      Looks at the configuration, the database, the orchestrator, the prices, the programs and the \
      machine. It changes nothing and calls no model. Exits 1 when a check failed; a warning is \
      no failure.
      """)

  @OptionGroup var database: DatabaseOptions
  @Flag(help: "One JSON object instead of a table.") var json = false

  func run() async throws {
    let table = await Doctor(options: database).examine()
    Output.text(json ? table.json + "\n" : table.text)
    if table.result == .failure { throw table.exitCode }
  }
}
