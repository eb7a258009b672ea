import Competition
import Foundation
import Testing

/// `score-worker --prediction-id`: why is this score what it is?
@Suite(.timeLimit(.minutes(5))) struct ExplainTests {
  private func explain(
    _ model: String, in game: ScoreGame, _ settings: String = ""
  ) throws -> String {
    let id = try game.database.value("SELECT id FROM predictions WHERE model_id = '\(model)'")
    return try game.score(settings, ["--prediction-id", id]).output
  }

  @Test func aPredictionIsExplainedStepByStepBeforeAndAfterItWasScored() async throws {
    let game = try await ScoreGame()
    try game.writePrices()
    try game.add("m", .density(ScoreGame.norm), rounds: 1)
    let before = try explain("m", in: game)
    #expect(before.contains("stored       not scored yet"), "\(before)")
    #expect(before.split(separator: "\n").count { $0.first?.isNumber == true } == 10)
    #expect(try game.database.value("SELECT count(*) FROM updraft_prices") == "0")
    try game.score()
    let score = try game.database.value("SELECT score_value FROM predictions")
    #expect(before.contains("result       \(score), the mean over"), "\(before)")
    let after = try explain("m", in: game)
    #expect(after.contains("stored       \(score), at 20"), "\(after)")
    #expect(after.contains("result       \(score), the mean over"))
    let crps = try explain("m", in: game, "score: {method: crps}")
    #expect(crps.contains("method       crps, t 1500.0"), "\(crps)")
    #expect(crps.contains("the sum over"))
    let missing = try game.score("", ["--prediction-id", "PRE_x'; --"], exitCode: 1)
    #expect(missing.errors.contains("there is no prediction PRE_x'; --"))
  }

  @Test func aFailureIsExplainedWithWhatWentWrongInTheCall() async throws {
    let game = try await ScoreGame()
    try game.writePrices()
    try game.add("late", .none("TIMEOUT"), rounds: 1)
    try game.add("flat", .density(ScoreGame.norm.replacing("0.001", with: "0")), rounds: 1)
    try game.database.execute(
      """
      INSERT INTO updraft_failures (prediction_id, detail)
      SELECT id, 'DEADLINE_EXCEEDED: after 60 s' FROM predictions WHERE model_id = 'late'
      """)
    let late = try explain("late", in: game)
    #expect(late.contains("status       TIMEOUT: DEADLINE_EXCEEDED: after 60 s"), "\(late)")
    #expect(late.contains("result       failed: there is no answer to score"))
    let flat = try explain("flat", in: game)
    #expect(flat.contains("at fault: "), "\(flat)")
    #expect(flat.contains("result       failed: step 1 of 10"), "\(flat)")
  }

  @Test func whatWaitsIsToldWithTheTimeAtWhichItFails() async throws {
    let game = try await ScoreGame()
    try game.writePrices(until: game.newest.advanced(by: .seconds(-1_200)))
    try game.add("m", .density(ScoreGame.norm), rounds: 1)
    let waiting = try explain("m", in: game)
    let end = game.newest.advanced(by: .seconds(86_400)).iso8601
    #expect(waiting.contains("result       waits: no price of BTC at"), "\(waiting)")
    #expect(waiting.contains("without it until \(end)"))
    let overdue = try explain("m", in: game, "score: {truth_max_age: 10m}")
    #expect(overdue.contains("result       failed: no price of BTC at"), "\(overdue)")
    try game.database.execute(
      "UPDATE predictions SET resolvable_at = now() AT TIME ZONE 'UTC' + interval '1 h'")
    let future = try explain("m", in: game)
    #expect(
      future.contains("result       waits: the horizon isn't over for another 3"), "\(future)")
  }

  @Test func aGameWithAProgramOfItsOwnIsExplainedByThatProgram() async throws {
    let game = try await ScoreGame()
    try game.writePrices()
    try game.add("m", .density(ScoreGame.norm), rounds: 1)
    let program = """
      import json, sys
      for line in sys.stdin: print(len(json.loads(line)["prices"]), flush=True)
      """
    try program.write(
      toFile: game.folder.path("count.py"), atomically: true, encoding: .utf8)
    let text = try explain(
      "m", in: game, "score: {command: [python3, \"\(game.folder.path("count.py"))\"]}")
    #expect(text.contains("method       python3 "), "\(text)")
    #expect(text.contains("result       12.0, as the program says"), "\(text)")
  }
}
