import Competition
import Foundation
import ScoreStore
import Scoring
import Testing

@testable import ScoreWorker

/// The game's own scoring program: what is asked, and what becomes of programs that misbehave.
@Suite(.timeLimit(.minutes(5))) struct ProgramTests {
  /// A Python program of these lines, as a value of `score.command`.
  private func program(_ lines: String, in game: ScoreGame) throws -> String {
    let path = game.folder.path("program.py")
    try ("import json, sys, os, time\n" + lines).write(
      toFile: path, atomically: true, encoding: .utf8)
    return "command: [python3, \"\(path)\"]"
  }

  private let counts = """
    SELECT count(*) FILTER (WHERE score_success), count(*) FILTER (WHERE NOT score_success),
      count(*) FILTER (WHERE score_scored_at IS NULL) FROM predictions
    """

  private func game(rounds: Int = 3) async throws -> ScoreGame {
    let game = try await ScoreGame()
    try game.writePrices()
    try game.add("a", .density(ScoreGame.norm), rounds: rounds)
    return game
  }

  @Test func theExampleScoresEveryPredictionWithThePricesOfItsHorizon() async throws {
    let game = try await game()
    try game.add("b", .text("[]"), rounds: 3)
    try game.add("c", .none("TIMEOUT"), rounds: 3)
    let example = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("examples/custom-score/score.py").path
    try game.score("score: {command: [python3, \"\(example)\"]}")
    #expect(try game.database.value(counts) == "3|6|0")
    #expect(
      try game.database.rows(
        "SELECT DISTINCT score_failed_reason FROM predictions WHERE model_id = 'b'")
        == ["10 densities are expected"])
  }

  @Test func theProgramSeesParamsAnswerAndPricesAndNothingOfTheDatabase() async throws {
    let game = try await game(rounds: 1)
    let command = try program(
      """
      for line in sys.stdin:
          row = json.loads(line)
          assert row["params"] == {"asset": "BTC", "horizon": 600, "step": 60}, row
          assert len(row["distributions"]) == 10 and len(row["prices"]) == 12, row
          assert not any(name.startswith(("PG", "POSTGRES_")) for name in os.environ)
          print(json.dumps({"score": row["prices"][-1][1]}), flush=True)
      """, in: game)
    try game.score("score: {\(command)}")
    #expect(
      try game.database.value(
        """
        SELECT score_value = price FROM predictions
        JOIN updraft_prices ON ts = resolvable_at
        """) == "t")
  }

  @Test func aPredictionThatEndsTheProgramFailsAndTheOthersAreScored() async throws {
    let game = try await game()
    try game.add("poison", .text(#"["die"]"#), rounds: 1)
    let command = try program(
      """
      for line in sys.stdin:
          row = json.loads(line)
          if row["distributions"] == ["die"]: os._exit(3)
          print(1.5, flush=True)
      """, in: game)
    // The poison comes last: only who has scored before is trusted.
    try game.database.execute(
      "UPDATE predictions SET resolvable_at = resolvable_at + interval '1 min' "
        + "WHERE model_id = 'poison'")
    try game.score("score: {\(command)}")
    #expect(try game.database.value(counts) == "3|1|0")
    #expect(
      try game.database.value("SELECT score_failed_reason FROM predictions WHERE NOT score_success")
        == "the scoring program ended: exit code 3 (3 times)")
  }

  @Test(arguments: [
    ("pass", "the scoring program ended"),
    ("time.sleep(60)", "the scoring program gave no answer in time"),
    ("print('{', flush=True)\n    time.sleep(60)", "the scoring program gave a wrong answer"),
    ("print('x' * 200_000, flush=True)\n    time.sleep(60)", "the scoring program gave a wrong"),
  ])
  func aBrokenProgramFailsTheRunAndNoPrediction(body: String, word: String) async throws {
    let game = try await game()
    let command = try program("for line in sys.stdin:\n    \(body)\n    sys.exit(0)\n", in: game)
    let ended = try game.score("score: {\(command), command_timeout: 300ms}", exitCode: 69)
    #expect(ended.errors.contains(word), "\(ended)")
    #expect(try game.database.value(counts) == "0|0|3")
    let missing = try game.score("score: {command: [/nowhere/program]}", exitCode: 69)
    #expect(missing.errors.contains("could not be started"))
  }

  @Test func aLargeQuestionIsNotCutAndASlowReaderIsWaitedFor() throws {
    let program = try ScoringProgram(
      ["python3", "-c", "import sys\nfor l in sys.stdin: print(len(l), flush=True)"],
      isStopped: { false })
    defer { program.end() }
    let line = [UInt8](repeating: 0x61, count: 8 << 20) + [0x0A]
    for _ in 1...2 {
      let answer = try program.ask(line, timeout: .seconds(30))
      #expect(String(decoding: answer, as: UTF8.self) == "8388609")
    }
  }

  @Test func answersAreScoresOrReasonsAndNothingElse() throws {
    func read(_ text: String) throws -> ScoreOutcome { try ProgramAnswer.read(Array(text.utf8)) }
    #expect(try read("0.5") == .scored(0.5))
    #expect(try read(#"{"score": -2}"#) == .scored(-2))
    #expect(try read(#"{"failed": "why"}"#) == .failed(reason: "why"))
    for text in ["", "null", "{}", "[1]", #"{"score": "1"}"#, "NaN", "true"] {
      #expect(throws: ProgramFault.self) { try read(text) }
    }
    guard case .failed = try read("1e101") else {
      Issue.record("1e101 must fail")
      return
    }
  }
}
