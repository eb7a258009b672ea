import Testing

/// A whole run beside Condor's algorithm in Python, on equal databases.
@Suite(.timeLimit(.minutes(10))) struct CondorParityTests {
  @Test(arguments: [true, false])
  func scoresWindowsSnapshotsAndRanksAreCondors(compat: Bool) async throws {
    let game = try await ScoreGame()
    try game.writePrices(days: 12, assets: ["BTC", "ETH"])
    try addModels(game)
    try game.score("score: {compat: \(compat)}")
    let condor = try CondorScores(game, method: "density", compat: compat)
    #expect(try condor.expectEqualScores() > 400)
    try condor.expectEqualStandings(modelCount: 12)
  }

  private func addModels(_ game: ScoreGame) throws {
    func builtin(_ name: String, _ params: String) -> ScoreGame.Answer {
      .density(#"{"type":"builtin","name":"\#(name)","params":{\#(params)}}"#)
    }
    try game.add("norm", .density(ScoreGame.norm), rounds: 80)
    try game.add("norm", .density(ScoreGame.norm), rounds: 80, asset: "ETH")
    try game.add("norm", .density(ScoreGame.norm), rounds: 30, asset: "ETH", horizon: 3_600)
    try game.add("t", builtin("t", #""df":3,"loc":0.0001,"scale":0.002"#), rounds: 70)
    try game.add("laplace", builtin("laplace", #""loc":0,"scale":0.001"#), rounds: 70)
    try game.add("laplace", builtin("laplace", #""loc":0,"scale":0.004"#), rounds: 9, asset: "ETH")
    let mixture = """
      {"type":"mixture","components":[{"density":\(ScoreGame.norm),"weight":2},
      {"density":{"type":"scipy","name":"norm","params":{"loc":0,"scale":0.01}},"weight":-1}]}
      """
    try game.add("mixture", .density(mixture), rounds: 66)
    try game.add("late", .density(ScoreGame.norm), rounds: 5)
    try game.add("old", .density(ScoreGame.norm), rounds: 10, skipping: 58)
    try game.add("wrong", .text("[1, 2, 3]"), rounds: 70)
    try game.add("wrong", .none("TIMEOUT"), rounds: 70, asset: "ETH")
    try game.add("short", .text("[" + ScoreGame.norm + "]"), rounds: 40)
    try game.add("null", .text("null"), rounds: 20)
    try game.add("flat", builtin("norm", #""loc":0,"scale":0"#), rounds: 62)
    try game.add("far", builtin("norm", #""loc":9,"scale":1e-9"#), rounds: 62)
    try game.add("silent", .none("ABSENT"), rounds: 0)
  }
}
