import Competition
import Settings
import GameSetup
import Glibc
import PredictSetup
import ServiceRuntime
import Storage

/// Runs all checks of `updraft doctor`; those that wait run side by side.
struct Doctor {
  let options: DatabaseOptions

  /// The checks in a fixed order.
  func examine() async -> CheckTable {
    var table = CheckTable()
    let game: GameConfiguration
    do {
      game = try options.game()
      table.add(configurationRow)
    } catch {
      for problem in error.problems {
        table.add(
          .failure(
            "configuration", problem.description,
            remedy: "correct it; what depends on the configuration is not checked"))
      }
      for row in MachineChecks.programs() + [await MachineChecks.python()] { table.add(row) }
      return table
    }
    async let orchestrator = OrchestratorCheck(game).row()
    async let python = MachineChecks.python()
    let database = await DatabaseChecks(game.database).run()
    async let prices = PriceChecks(game.prices).rows(assets: database.assets)
    for row in database.rows { table.add(row) }
    let storage = StorageChecks(
      database: game.database, retention: RetentionLimits(game.retention))
    for row in await storage.rows() { table.add(row) }
    table.add(await orchestrator)
    for row in await prices { table.add(row) }
    table.add(ResourceChecks.spool(game.spool))
    table.add(SpoolFolderCheck(settings: game.spool).row())
    table.add(ResourceChecks.descriptors(modelsMax: game.limits.modelsMax))
    for row in MachineChecks.programs() { table.add(row) }
    table.add(await python)
    return table
  }

  private var configurationRow: CheckRow {
    if let file = options.config { return .ok("configuration", file) }
    guard access("game.yml", R_OK) != 0 else {
      return .warning(
        "configuration", "game.yml lies here and was not named",
        remedy: "add --config game.yml to check that game")
    }
    return .ok("configuration", "no file: the defaults and the environment")
  }
}
