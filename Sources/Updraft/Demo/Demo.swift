import ArgumentParser
import Competition
import EventLoop
import ServiceRuntime

/// `updraft demo` from its start to its end, whatever happens in between.
struct Demo {
  let plan: DemoPlan

  /// Plays, stops everything, and sums up.
  ///
  /// - Throws: `StartFailure` for what could not start or broke off; `ExitCode` when a part did not
  ///   do its job, or Ctrl-C came before the rounds that were asked for.
  func run() async throws {
    let example = try DemoGame.findExample(named: plan.examples)
    for program in DemoProgram.allCases { _ = try DemoStage.executable(of: program) }
    let folder = try DemoFolder(plan.folder)
    let game = DemoGame(
      example: example, folder: folder.game, simulatedCount: plan.simulatedCount)
    let signals = StopSignals()
    let stage = try await DemoStage(folder: folder, game: game)
    let programs = stage.programs
    let watcher = Task {
      await signals.wait()
      guard !Task.isCancelled else { return }
      programs.interrupt()
      await signals.wait()
      if !Task.isCancelled { programs.killAll() }
    }
    let demo = DemoRun(plan: plan, stage: stage)
    var failure: (any Error)?
    do {
      try await demo.play()
    } catch {
      failure = error
    }
    let summary = await end(demo)
    watcher.cancel()
    try report(summary, failure, demo.screen)
  }

  /// Stops the worker, counts what it left, and stops the rest.
  private func end(_ demo: DemoRun) async -> Result<DemoSummary, any Error>? {
    demo.showTable()
    demo.screen.keepBlock()
    demo.screen.note("")
    demo.screen.show(["… stopping (Ctrl-C again kills)"])
    let stage = demo.stage
    let exit = await stage.stopWorker()
    var summary: Result<DemoSummary, any Error>?
    if let begun = demo.begun, let database = stage.database {
      do {
        try await demo.takeStoredRounds()
        let told = await stage.report.roundCount(since: begun)
        let counts = try await database.counts(after: begun)
        summary = .success(
          DemoSummary(
            game: stage.game, counts: counts, roundRowCount: demo.table.rowCount,
            roundCount: demo.table.storedCount, reportedRoundCount: told, workerExit: exit,
            scores: demo.scores,
            wallMillis: demo.table.wallMillis, storeMillis: demo.storeMillis, proof: demo.proof))
      } catch {
        summary = .failure(error)
      }
    }
    await stage.stop()
    demo.screen.erase()
    return summary
  }

  private func report(
    _ summary: Result<DemoSummary, any Error>?, _ failure: (any Error)?, _ screen: Screen
  ) throws {
    var table = CheckTable()
    if let summary = try summary?.get(), summary.roundCount > 0 {
      for line in summary.lines { screen.note(line) }
      table = summary.table
      Output.text(table.text)
    }
    switch failure {
    case nil: if table.result == .failure { throw table.exitCode }
    case is DemoInterruption: if plan.rounds != nil { throw ExitCode(128 + 2) }
    case let failure as DemoFailure:
      for line in failure.lastLines { screen.note("  | \(line)") }
      throw StartFailure(failure.reason, exitCode: .incomplete)
    case let error?: throw error
    }
  }
}
