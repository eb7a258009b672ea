import ArgumentParser
import ServiceRuntime

/// `updraft demo`: the whole game on this machine.
struct DemoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Play a whole game on this machine.",
    discussion: """
      Starts a private PostgreSQL, a price server, an orchestrator with the three participants of \
      examples/tracker-game and a crowd of simulated ones, and a predict worker, and shows the \
      rounds as they come. One participant misbehaves, and one leaves after the first round. \
      Ctrl-C stops everything.

      With --secure the demo makes an authority, certificates, wallets and delegations, puts a \
      tls-front before every model, and adds an impostor, which is refused and reported.

      The first run makes a Python environment, which takes a minute; data and environments are \
      kept for the next run. With --rounds it stops by itself and exits 0 only if every part did \
      its job.
      """)

  @Option(help: ArgumentHelp("Stop after so many predict rounds, 3 or more.", valueName: "n"))
  var rounds: Int?
  @Option(help: ArgumentHelp("How many simulated models.", valueName: "n"))
  var models = 20
  @Option(
    help: ArgumentHelp(
      "Where to keep the data; else UPDRAFT_DEMO_DIR or /var/tmp/updraft-demo-UID.",
      valueName: "folder"), completion: .directory)
  var dir: String?
  @Option(
    help: ArgumentHelp(
      "The folder examples of a checkout; else looked for above this program.",
      valueName: "folder"), completion: .directory)
  var examples: String?

  @Flag(help: "Play in secure mode: mutual TLS, and delegations signed by wallets.")
  var secure = false

  func validate() throws {
    if let rounds, rounds < DemoPlan.roundsMin {
      throw ValidationError(
        "--rounds: must be \(DemoPlan.roundsMin) or more, so that every status can occur")
    }
    guard (1...200).contains(models) else {
      throw ValidationError("--models: must be from 1 to 200, got \(models)")
    }
  }

  func run() async throws {
    try await runCommand("demo") {
      let plan = DemoPlan(
        rounds: rounds, simulatedCount: models, folder: dir ?? DemoFolder.defaultPath,
        examples: examples, isSecure: secure)
      try await Demo(plan: plan).run()
    }
  }
}
