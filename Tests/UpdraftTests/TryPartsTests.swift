import Competition
import PriceFeed
import Settings
import Testing

@testable import Updraft

/// The parts of `updraft try` that need no model.
struct TryPartsTests {
  private func plan(_ params: [PredictionParams], rounds: Int = 2) throws -> TryPlan {
    var game = GameConfiguration()
    game.prices.resolution = .seconds(1)
    game.prices.history = .seconds(600)
    return TryPlan(
      name: "m", submission: TrySubmission(folder: "/", notebook: nil), game: game, gameFile: nil,
      runner: .init(), params: params, roundCount: rounds,
      firstRoundAt: UTCTime(secondsSinceEpoch: 1_767_571_200),
      market: try #require(SimulatedMarket(seed: 7)), timeout: .seconds(60))
  }

  @Test func ticksBringTheHistoryOnceAndThenWhatIsNewWithoutTheFuture() throws {
    let plan = try plan([
      PredictionParams(asset: "BTC", horizonSeconds: 20, stepSeconds: 5),
      PredictionParams(asset: "BTC", horizonSeconds: 10, stepSeconds: 5),
      PredictionParams(asset: "ETH", horizonSeconds: 10, stepSeconds: 5),
    ])
    #expect(plan.assets == ["BTC", "ETH"])
    let market = TryMarket(plan)
    let first = market.tick(after: nil, until: plan.time(ofRound: 0))
    #expect(first.priceCount == 2 * 601)
    #expect(first.json.contains("[1767571200,") && !first.json.contains("[1767571201,"))
    // Rounds are as far apart as the longest horizon.
    let second = market.tick(after: plan.time(ofRound: 0), until: plan.time(ofRound: 1))
    #expect(second.priceCount == 2 * 20)
    #expect(second.json.hasPrefix(#"{"BTC":[[1767571201,"#))
    #expect(second.json.contains("[1767571220,") && !second.json.contains("[1767571221,"))
  }

  @Test func theBaselineHasTheHistorysVolatilityAndAScore() throws {
    let params = PredictionParams(asset: "BTC", horizonSeconds: 20, stepSeconds: 5)
    let plan = try plan([params])
    let market = TryMarket(plan)
    let time = plan.time(ofRound: 0)
    let wide = try #require(
      market.volatility(of: "BTC", stepSeconds: 20, until: time, measure: .logReturn))
    let narrow = try #require(
      market.volatility(of: "BTC", stepSeconds: 5, until: time, measure: .logReturn))
    #expect(wide > narrow && narrow > 0)
    #expect(
      market.volatility(of: "BTC", stepSeconds: 601, until: time, measure: .logReturn) == nil)
    let scores = TryScores(plan.game, market)
    #expect(try #require(scores.baseline(params, askedAt: time)) > 0)
  }

  @Test func aGameWithAProgramOfItsOwnHasNoScoreHere() throws {
    var game = GameConfiguration()
    let params = PredictionParams(asset: "XAU", horizonSeconds: 20, stepSeconds: 5)
    let market = TryMarket(try plan([params]))
    #expect(TryScores(game, market).canScore("XAU"))
    game.score.method = .crps
    #expect(!TryScores(game, market).canScore("XAU"), "CRPS has no scale of XAU")
    game.score.crpsScales = ["XAU": 33]
    #expect(TryScores(game, market).canScore("XAU"))
    game.score.command = ["score"]
    #expect(!TryScores(game, market).canScore("XAU"))
  }

  @Test func theModelsErrorsAreFoundInItsLogEachOnce() {
    let error = """
      T1 ERROR    - INTERNAL: The model raised an exception
      T2 Traceback (most recent call last):
      T3   File "main.py", line 3, in predict
      T4 RuntimeError: no

      """
    let log = """
      T0 --- 1_20260105: model-runner on port 20000 ---
      T0 INFO     - ModelRunner started

      """ + error + "T5 INFO     - going on\n" + error + "T6 --- the process exited with 0 ---\n"
    let output = TryOutput(log: log)
    #expect(output.lines.first == "INFO     - ModelRunner started")
    #expect(output.explanation(showsEnd: true).count == 1)
    #expect(
      output.explanation(showsEnd: true).first?.first
        == "ERROR    - INTERNAL: The model raised an exception")
    #expect(output.explanation(showsEnd: true).first?.last == "RuntimeError: no")

    let quiet = TryOutput(log: "T0 --- start ---\nT1 one\nT2 two\n")
    #expect(quiet.explanation(showsEnd: true) == [["one", "two"]])
    #expect(quiet.explanation(showsEnd: false) == [])
    #expect(TryOutput(log: "").explanation(showsEnd: true) == [])

    let long = (1...100).map { "T \($0)\n" }.joined()
    let cut = TryOutput(log: "T ERROR - x\n" + long).explanation(showsEnd: false).first ?? []
    #expect(cut.count == TryOutput.errorLinesMax)
    #expect(cut.prefix(2) == ["ERROR - x", "…"] && cut.last == "100")
  }

  @Test func scoresAreAveragedBesideTheBaselineOfTheSameRounds() {
    func answer(_ score: Double?, _ baseline: Double) -> TryAnswer {
      TryAnswer(
        round: 1, params: PredictionParams(asset: "A", horizonSeconds: 2, stepSeconds: 1),
        askedAt: UTCTime(secondsSinceEpoch: 0), status: .success, time: .zero, problem: nil,
        score: score, baseline: baseline)
    }
    let answers = [answer(3, 1), answer(5, 2), answer(nil, 100)]
    let higher = TryMeans(answers, lowerIsBetter: false)
    #expect(higher.score == 4 && higher.baseline == 1.5 && higher.comparison == "better")
    #expect(TryMeans(answers, lowerIsBetter: true).comparison == "worse")
    let none = TryMeans([answer(nil, 100)], lowerIsBetter: false)
    #expect(none.score == nil && none.baseline == 100 && none.comparison == "")
    #expect(TextTryReport.number(4_102.4) == "4102" && TextTryReport.number(0.01234) == "0.0123")
    #expect(TextTryReport.number(41.236) == "41.24" && TextTryReport.number(0) == "0")
  }
}
