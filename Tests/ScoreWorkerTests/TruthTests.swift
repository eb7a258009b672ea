import Competition
import Foundation
import Testing

/// Where the prices come from, and what happens without them.
@Suite(.timeLimit(.minutes(5))) struct TruthTests {
  private static let state = """
    SELECT count(*) FILTER (WHERE score_success), count(*) FILTER (WHERE NOT score_success),
      count(*) FILTER (WHERE score_scored_at IS NULL) FROM predictions
    """

  @Test func missingPricesAreWaitedForAndThenScored() async throws {
    let game = try await ScoreGame()
    // The newest of four rounds ends an hour ago; prices stop half an hour before that.
    let end = game.newest.advanced(by: .seconds(-1_800))
    try game.writePrices(until: end)
    try game.add("m", .density(ScoreGame.norm), rounds: 4)
    let ended = try game.score()
    #expect(ended.errors.contains("predictions wait for prices"))
    #expect(ended.errors.contains(game.newest.iso8601))
    #expect(try game.database.value(Self.state) == "3|0|1")
    try game.writePrices()
    try game.score()
    #expect(try game.database.value(Self.state) == "4|0|0")
  }

  @Test func aGapIsNoPriceAndAfterItsTimeThePredictionFailsWithTheReason() async throws {
    let game = try await ScoreGame()
    let middle = game.newest.secondsSinceEpoch - 300
    try game.writePrices { abs($0 - middle) <= 180 }
    try game.add("m", .density(ScoreGame.norm), rounds: 2)
    try game.score()
    #expect(try game.database.value(Self.state) == "1|0|1")
    let other = try await game.copy()
    try game.score("score: {truth_max_age: 30m}")
    #expect(try game.database.value(Self.state) == "1|1|0")
    #expect(
      try game.database.value(
        "SELECT score_failed_reason FROM predictions WHERE NOT score_success"
      ).hasPrefix("no price of BTC at"))
    // Condor takes the closest price, however far.
    try other.score("score: {compat: true}")
    #expect(try other.database.value(Self.state) == "2|0|0")
  }

  @Test func pricesAreKeptTheFirstValueWinsAndScoringAgainNeedsNoSource() async throws {
    let game = try await ScoreGame()
    try game.writePrices()
    try game.add("m", .density(ScoreGame.norm), rounds: 4)
    try game.score()
    let scores = "SELECT id, score_value FROM predictions ORDER BY id"
    let before = try game.database.rows(scores)
    let kept = try game.database.rows("SELECT * FROM updraft_prices ORDER BY asset, ts")
    #expect(kept.count > 40)
    // Another price, then none of the asset at all.
    for text in ["BTC,1795345200,1\n", "ETH,1795345200,1\n"] {
      try ("asset,timestamp,price\n" + text).write(
        toFile: game.folder.path("prices.csv"), atomically: true, encoding: .utf8)
      let from = game.newest.advanced(by: .seconds(-10 * 86_400)).iso8601
      try game.database.execute("UPDATE predictions SET score_value = -1")
      let ended = try game.score("", ["--from", from])
      #expect(try game.database.rows(scores) == before, "\(ended)")
    }
    #expect(try game.database.rows("SELECT * FROM updraft_prices ORDER BY asset, ts") == kept)
  }

  @Test func scoringAgainTakesWhatWasAskedInTheSpanOnly() async throws {
    let game = try await ScoreGame()
    try game.writePrices()
    try game.add("m", .density(ScoreGame.norm), rounds: 4)
    try game.score()
    try game.database.execute("UPDATE predictions SET score_value = -1")
    // Asked three hours apart: the third and fourth newest lie before the second newest.
    let second = game.newest.advanced(by: .seconds(-10_800 - ScoreGame.horizon))
    try game.score(
      "", ["--from", second.iso8601, "--to", second.advanced(by: .seconds(10_800)).iso8601])
    #expect(
      try game.database.rows("SELECT score_value < 0 FROM predictions ORDER BY performed_at")
        == ["t", "t", "f", "t"])
  }
}
