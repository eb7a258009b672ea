import ArgumentParser
import Competition
import Settings
import GameSetup
import ServiceRuntime

/// `score-worker --check`: everything that scoring needs, as a table.
struct ScoreCheck {
  private let settings: GameConfiguration

  init(_ settings: GameConfiguration) { self.settings = settings }

  /// Prints the table.
  ///
  /// - Throws: `ExitCode` when a check failed.
  func run() async throws {
    let database = await DatabaseChecks(settings.database).run()
    var table = CheckTable([.ok("configuration", "valid")])
    for row in database.rows { table.add(row) }
    for row in await PriceChecks(settings.prices).rows(assets: database.assets) { table.add(row) }
    table.add(method(assets: database.assets ?? []))
    print(table.text, terminator: "")
    if table.result == .failure { throw table.exitCode }
  }

  private func method(assets: [String]) -> CheckRow {
    let rules = ScoreRules(settings)
    do throws(StartFailure) {
      try rules.check(assets: assets)
    } catch {
      return .failure("method", error.problem, remedy: error.remedy ?? "see docs/scoring.md")
    }
    guard rules.command.isEmpty else { return programRow(rules) }
    if settings.score.method == .densityPDF, settings.score.densityCap == nil {
      return .warning(
        "method", "density_pdf without a cap: a density of tiny scale wins when prices stand still",
        remedy: "set score.density_cap, see docs/scoring.md")
    }
    return .ok("method", rules.methodName)
  }

  /// Starts the program and ends it again.
  private func programRow(_ rules: ScoreRules) -> CheckRow {
    do throws(ProgramFault) {
      let program = try ScoringProgram(rules.command, isStopped: { false })
      program.end()
      return .ok("method", "\(rules.command.joined(separator: " ")) can be started")
    } catch {
      return .failure("method", "\(error)", remedy: "check score.command")
    }
  }
}
