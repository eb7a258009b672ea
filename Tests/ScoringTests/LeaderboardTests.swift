import Competition
import Scoring
import Testing

@Suite struct LeaderboardTests {
  private let now = UTCTime(secondsSinceEpoch: 1_795_345_200)
  private let day = 86_400.0

  private func tally(_ scores: [(daysAgo: Double, score: Double)], compat: Bool = false)
    -> ScoreWindows.Tally
  {
    var tally = ScoreWindows.Tally(ScoreWindows(compat: compat), at: now)
    for (daysAgo, score) in scores {
      tally.add(score: score, resolvableAt: now.advanced(by: .seconds(-daysAgo * day)))
    }
    return tally
  }

  @Test func eachWindowIsTheMeanOfItsScoresOnceAScoreIsAsOldAsIt() {
    let scores = [(0.5, 1.0), (1.0, 3.0), (2.0, 5.0), (3.0, 7.0), (7.0, 9.0)]
    #expect(tally(scores).score == WindowScore(recent: 2, steady: 4, anchor: 5))
    #expect(
      tally(scores.dropLast()).score == WindowScore(recent: 2, steady: 4, anchor: nil))
    #expect(tally([(0.5, 1)]).score == WindowScore())
  }

  @Test func withCompatAnAnchorNeedsAScoreOfExactlyItsAge() {
    let scores = [(0.5, 1.0), (4.0, 7.0), (8.0, 9.0)]
    #expect(tally(scores).score == WindowScore(recent: 1, steady: 1, anchor: 4))
    #expect(
      tally(scores, compat: true).score == WindowScore(recent: 1, steady: 1, anchor: nil))
    #expect(tally(scores + [(7.0, 1.0)], compat: true).score.anchor == 3)
  }

  @Test func aWindowWithoutScoresIsNilAndTheOldestMayBeOnlyNoted() {
    #expect(tally([(2, 1)]).score == WindowScore(recent: nil, steady: nil, anchor: nil))
    var noted = tally([(0.5, 1)])
    noted.note(resolvableAt: now.advanced(by: .seconds(-9 * day)))
    #expect(noted.score == WindowScore(recent: 1, steady: 1, anchor: 1))
    #expect(noted.isCurrent)
    #expect(!tally([(7.001, 1)]).isCurrent)
  }

  @Test func hugeScoresDoNotOverflowAMeanAndOthersAreNotCounted() {
    let huge = Double.greatestFiniteMagnitude
    let scores = [(0.5, huge), (0.6, huge), (0.7, .infinity), (0.8, .nan), (1, huge)]
    #expect(tally(scores).score.recent.map { $0 / huge > 0.999 } == true)
  }

  private func entry(_ asset: String, _ score: WindowScore, isCurrent: Bool = true) -> ParamScore {
    ParamScore(
      params: PredictionParams(asset: asset, horizonSeconds: 3_600, stepSeconds: 60), score: score,
      isCurrent: isCurrent)
  }

  @Test func theOverallScoreIsTheMeanOfTheCurrentParamsAndNilWhenOneIs() {
    let entries = [
      entry("BTC", WindowScore(recent: 1, steady: 2, anchor: nil)),
      entry("ETH", WindowScore(recent: 3, steady: 6, anchor: 5)),
      entry("SOL", WindowScore(recent: 100, steady: nil, anchor: nil), isCurrent: false),
    ]
    #expect(ScoreWindows().overall(of: entries) == WindowScore(recent: 2, steady: 4))
    #expect(
      ScoreWindows(compat: true).overall(of: entries)
        == WindowScore(recent: 104.0 / 3, steady: nil, anchor: nil))
    #expect(ScoreWindows().overall(of: []) == WindowScore())
  }

  @Test func assetsMayBeWeighedAndOneWithoutAWeightMakesItNil() {
    let entries = [
      entry("BTC", WindowScore(recent: 1)), entry("ETH", WindowScore(recent: 4)),
    ]
    #expect(ScoreWindows().overall(of: entries, assetWeights: ["BTC": 2, "ETH": 1]).recent == 2)
    #expect(ScoreWindows().overall(of: entries, assetWeights: ["BTC": 2]).recent == nil)
  }

  private func ranked(_ ranking: Ranking, _ scores: [(String, WindowScore)]) -> [String] {
    let ranked = ranking.ranked(scores.map { (modelID: ModelID($0.0), score: $0.1) })
    #expect(ranked.map(\.rank) == Array(1...scores.count))
    return ranked.map(\.modelID.rawValue)
  }

  private let field: [(String, WindowScore)] = [
    ("none-2", WindowScore()),
    ("recent", WindowScore(recent: 9)),
    ("low", WindowScore(recent: 9, steady: 9, anchor: 1)),
    ("high-b", WindowScore(recent: 1, steady: 2, anchor: 3)),
    ("high-a", WindowScore(recent: 1, steady: 2, anchor: 3)),
    ("high-steady", WindowScore(recent: 0.5, steady: 2.5, anchor: 3)),
    ("none-1", WindowScore(recent: .nan)),
  ]

  @Test func anchorThenSteadyThenRecentDecideNilComesLastAndTiesGoById() {
    #expect(
      ranked(Ranking(), field)
        == ["high-steady", "high-a", "high-b", "low", "recent", "none-1", "none-2"])
    #expect(
      ranked(Ranking(order: .ascending), field)
        == ["low", "high-a", "high-b", "high-steady", "recent", "none-1", "none-2"])
  }

  @Test func withCompatASteadyOrRecentScoreOfZeroRanksLikeNone() {
    let field = [
      ("negative", WindowScore(steady: -1, anchor: 0)), ("zero", WindowScore(steady: 0, anchor: 0)),
    ]
    #expect(ranked(Ranking(), field) == ["zero", "negative"])
    #expect(ranked(Ranking(compat: true), field) == ["negative", "zero"])
  }

  @Test func failingNeverWins() {
    #expect(FailedScore.lowest.value(among: [3, 1, 2]) == 0)
    #expect(FailedScore.lowest.value(among: [3, -1, .nan, -.infinity]) == -1)
    #expect(FailedScore.lowest.value(among: []) == 0)
    #expect(FailedScore.worst(.ascending).value(among: [3, 1, .infinity]) == 3)
    #expect(FailedScore.worst(.descending).value(among: [3, 1]) == 1)
    #expect(FailedScore.worst(.ascending).value(among: [], fallback: 576) == 576)
  }
}
