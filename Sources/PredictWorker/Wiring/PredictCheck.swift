import ArgumentParser
import Settings
import GameSetup
import PredictSetup
import ServiceRuntime

/// `predict-worker --check`: everything that a game needs, as a table.
struct PredictCheck {
  private let settings: GameConfiguration

  init(_ settings: GameConfiguration) { self.settings = settings }

  /// Prints the table.
  ///
  /// - Throws: `ExitCode` when a check failed.
  func run() async throws {
    async let orchestrator = OrchestratorCheck(settings).row()
    let database = await DatabaseChecks(settings.database).run()
    async let prices = PriceChecks(settings.prices).rows(assets: database.assets)
    var table = CheckTable([.ok("configuration", "valid")])
    for row in database.rows { table.add(row) }
    if let row = await LeaseCheck(settings).row() { table.add(row) }
    table.add(await SecurityCheck(settings.security).row())
    table.add(await orchestrator)
    for row in await prices { table.add(row) }
    table.add(ResourceChecks.spool(settings.spool))
    table.add(ResourceChecks.descriptors(modelsMax: settings.limits.modelsMax))
    print(table.text, terminator: "")
    if table.result == .failure { throw table.exitCode }
  }
}
