import ArgumentParser
import Competition

/// What is to be scored, and how often.
struct ScoreOptions: ParsableArguments {
  @Flag(help: "Run once instead of every score.every: score, make the leaderboard, prune, exit.")
  var once = false

  @Option(
    name: .customLong("prediction-id"),
    help: ArgumentHelp("Explain one prediction's score step by step, exit.", valueName: "id"))
  var predictionID: String?

  @Option(
    help: ArgumentHelp(
      "Score again what was asked since then (UTC, 2026-11-22T11:00:00), exit.",
      valueName: "time"))
  var from: String?

  @Option(
    help: ArgumentHelp(
      "The end of --from: what was asked before then (default: now).", valueName: "time"))
  var to: String?

  @Flag(help: "Change nothing: print what a run would do, with the leaderboard, exit.")
  var dryRun = false

  func validate() throws {
    _ = try task()
    if predictionID != nil, dryRun || from != nil || to != nil {
      throw ValidationError("--prediction-id changes nothing and takes no other option")
    }
  }

  /// What these options ask for.
  ///
  /// - Throws: `ValidationError` for times that can't be read or are the wrong way round.
  func task() throws -> ScoreTask {
    var task = ScoreTask(once: once || dryRun || from != nil || to != nil, isDry: dryRun)
    guard from != nil || to != nil else { return task }
    guard let from else { throw ValidationError("--to needs --from") }
    let start = try time(from, "--from")
    let end = try to.map { try time($0, "--to") } ?? .now()
    guard start < end else { throw ValidationError("--from must be before --to") }
    task.span = start..<end
    return task
  }

  private func time(_ text: String, _ option: String) throws -> UTCTime {
    guard let time = UTCTime(iso8601: text) else {
      throw ValidationError("\(option) must be a time such as 2026-11-22T11:00:00, got \"\(text)\"")
    }
    return time
  }
}
